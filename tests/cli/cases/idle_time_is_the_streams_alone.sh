# SPDX-License-Identifier: MIT
# -i: the clock runs while a message is waited for, and not while the output is stuck.
. "$SUPPORT"

mkfifo output
yes | streamx-pub -x -q x &
streamx-sub -i 0.3 x >output 2>err &
sub=$!
exec 3<output
stuck_long() { streamx info -J x 2>/dev/null | jq -e '.waits_for.seconds > 0.6' >/dev/null; }
eventually stuck_long
head -c 1000000 <&3 | wc -c
kill -0 $sub && echo "it goes on"
kill $sub
exec 3<&-
wait

# also not while it is stopped itself
mkfifo input
streamx-pub y <input &
streamx-sub -i 1s -n 2 y >got 2>err &
sub=$!
exec 3>input
echo one >&3
eventually has_lines got 1
kill -STOP $sub
echo two >&3
eventually field_is y published 2
stuck_long() { streamx info -J y 2>/dev/null | jq -e '.waits_for.seconds > 1.2' >/dev/null; }
echo three >&3
eventually stuck_long
kill -CONT $sub
ended "stopped sub" $sub
cat got err
streamx-sub y 3>&- &
attached y 1
exec 3>&-
wait
