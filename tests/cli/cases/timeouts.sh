# SPDX-License-Identifier: MIT
# 124: nobody comes, nobody acknowledges, nothing is published, no stream appears.
. "$SUPPORT"

mkfifo input
seq 3 | streamx-pub -t 50ms x 2>&1
echo "nobody came: ${PIPESTATUS[1]}"
streamx-pub -t 50ms x </dev/null 2>&1
echo "nobody came to nothing: $?"
echo | streamx-pub -W 0 -t 0.05 x 2>&1
echo "nobody acknowledged: ${PIPESTATUS[1]}"
streamx-sub -t 50ms x 2>&1
echo "no stream: $?"
streamx-sub -i 50ms x 2>&1
echo "no stream, idle: $?"

streamx-pub x <input &
exec 3>input
eventually stream_exists x
streamx-sub -t 1s x >got 2>err
echo "nothing published: $?: $(<err)"
echo one >&3
streamx-sub -i 0.7s x 2>err
echo "idle after a message: $?: $(<err)"
streamx-sub x 3>&- &
sub=$!
attached x 1
exec 3>&-
ended sub $sub
wait

# the output is stuck, and the time limit holds nevertheless
yes | streamx-pub -x x 2>/dev/null &
streamx-sub -t 500ms x 2>stuck | {
    eventually grep -qs limit stuck
    sed "s,[0-9][0-9]* m,N m," stuck
}
echo "output stuck: ${PIPESTATUS[0]}"
wait
