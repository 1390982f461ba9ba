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

# one that has read enough takes nobody along
seq 100000 >lines
streamx-sub x >got &
sub=$!
{
    streamx-pub -T x <lines
    echo "pub: exit $?" >&2
} 2>status | head -n 1
cat status
ended sub $sub
same "everything" lines got

# with a count, what is copied is what is published, and a file is left behind that
seq 10 >lines
for options in '' -0 '-r4'; do
    streamx-sub -r x >got &
    # shellcheck disable=SC2086 # none or one
    {
        streamx-pub -T -n 2 $options x
        cat >rest
    } <lines >copy
    wait
    echo "$options: $(tr '\n' ' ' <copy)| $(tr '\n' ' ' <rest)"
done
