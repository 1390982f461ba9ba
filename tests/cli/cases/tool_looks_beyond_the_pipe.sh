# SPDX-License-Identifier: MIT
# A pipeline stands still because of somebody beyond the stream: the reader of a subscriber's
# output, or the writer of the publisher's input. That one is named too.
. "$SUPPORT"

mkfifo out in
beyond() { # NAME EXPECTED
    [[ $(streamx info -J "$1" 2>/dev/null | jq -c '.waits_for | [.who, .beyond.pid, .beyond.command, .beyond.state]') == "$2" ]]
}

# the reader sleeps, and the subscriber's output is full
sleep 1000 <out &
sleeper=$!
streamx-sub x >out &
sub=$!
yes | streamx-pub -x -q x &
pub=$!
eventually beyond x "[\"consumer\",$sleeper,\"sleep\",\"alive\"]"
look() { sed -E "s/[0-9.]+m?s,/TIME,/; s/[0-9]+ \(/N (/; s/[0-9]+ behind/N behind/; s/$sub/SUB/; s/$sleeper/SLEEPER/; s/$pub/PUB/"; }
streamx info x | grep -A 1 '^waited for' | look
streamx top -n 1 </dev/null | grep -A 1 '^x:' | look
kill -STOP $sleeper
eventually beyond x "[\"consumer\",$sleeper,\"sleep\",\"stopped\"]"
echo "stopped"

# a subscriber that is stopped itself is the one, whatever its output
kill -STOP $sub
eventually beyond x '["consumer",null,null,null]'
echo "only the subscriber"
kill -KILL $sub $sleeper
wait $sub $sleeper 2>/dev/null
ended pub $pub

# the publisher has nothing to publish
sleep 1000 >in &
sleeper=$!
streamx-pub -W 1 y <in &
pub=$!
streamx-sub y &
sub=$!
eventually beyond y "[\"producer\",$sleeper,\"sleep\",\"alive\"]"
streamx info y | grep -A 1 '^waited for' | look
kill $sleeper
wait $sleeper 2>/dev/null
ended pub $pub
ended sub $sub
