# SPDX-License-Identifier: MIT
# -T: standard output gets the input as it is, in every framing.
. "$SUPPORT"

printf 'a\n\nb\0c' >input
for options in '' -0 -r -w '-d b'; do
    streamx-sub -r x >/dev/null &
    # shellcheck disable=SC2086 # the options are words
    streamx-pub -T $options x <input >copy
    wait
    same "tee $options" input copy
done
streamx-sub x >/dev/null &
streamx-pub -T x input input >copy
wait
same "tee of files" <(cat input input) copy
streamx-sub x 2>/dev/null >/dev/null &
sub=$!
{
    yes | streamx-pub -T x
    echo "pub: exit ${PIPESTATUS[1]}" >&2
} 2>status | head -n 1
ended sub $sub
cat status
