# SPDX-License-Identifier: MIT
# head takes what it wants and goes: the subscriber dies quietly of SIGPIPE, giving up its seat first,
# and the other one gets everything.
. "$SUPPORT"

seq 200000 >input
streamx-sub x >got &
other=$!
streamx-pub -W 2 x <input &
pub=$!
{
    streamx-sub x 2>err
    echo "sub: exit $?" >&2
} 2>status | head -n 3
eventually has_lines status 1
cat status err
ended pub $pub
ended "other sub" $other
same "the other copy" input got

# noticed also while nothing is published
mkfifo input2
streamx-pub x <input2 &
pub=$!
exec 3>input2
streamx-sub x 3>&- | true
echo "idle sub: exit ${PIPESTATUS[0]}"
streamx-sub x 3>&- &
attached x 1
exec 3>&-
ended pub $pub
