# SPDX-License-Identifier: MIT
# Each FILE is one message; the slot is as large as the largest, unless -m says otherwise.
. "$SUPPORT"

printf 'one\ntwo' >small
head -c 300000 /dev/zero | tr '\0' z >large
: >empty
streamx-sub -L x >got &
streamx-pub x small large empty &
pub=$!
ended pub $pub
wait
{
    printf '\0\0\0\7'
    cat small
    printf '\0\4\x93\xe0'
    cat large
    printf '\0\0\0\0'
} >expected
same "three files" expected got

streamx-pub x small small &
eventually stream_exists x
echo "slot size: $(peek x slot_size)"
streamx-sub -d '|' x
wait
echo

streamx-sub -d '|' x &
printf 'a\nb' | streamx-pub x small - small
wait
echo
streamx-sub -d '|' x &
streamx-pub x <(printf 'from\na pipe') empty
wait
echo
streamx-sub -d '|' x &
streamx-pub -n 1 x small large
wait
echo

streamx-pub -m 1000 x small large
echo "too large: exit $?"
streamx-pub x small missing
echo "missing: exit $?"
streamx-pub x .
echo "directory: exit $?"
