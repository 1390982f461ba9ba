# SPDX-License-Identifier: MIT
# -n: the publisher ends the stream after so many messages, without waiting for more input; the
# subscriber leaves after so many, of which the last is acknowledged and the next is not.
. "$SUPPORT"

mkfifo input
streamx-sub x &
sub=$!
streamx-pub -n 3 x <input &
pub=$!
exec 3>input
seq 5 >&3
ended pub $pub
ended sub $sub
exec 3>&-

seq 5 | streamx-pub x &
pub=$!
streamx-sub -n 2 x
echo "sub: exit $?"
eventually field_is x acknowledged 2
streamx-sub -n 0 x
echo "sub of none: exit $?"
streamx-sub x
echo "sub of the rest: exit $?"
ended pub $pub

streamx-sub -r x &
yes | streamx-pub -r4 -n 2 x
echo "raw: ${PIPESTATUS[1]}"
wait
streamx-sub x &
echo never | streamx-pub -n 0 x
echo "pub of none: ${PIPESTATUS[1]}"
wait
