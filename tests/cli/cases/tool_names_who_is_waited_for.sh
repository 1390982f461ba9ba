# SPDX-License-Identifier: MIT
# One look tells who stops the pipeline: a stopped reader, nobody there to read, or the publisher.
. "$SUPPORT"

blamed() { # NAME FILTER EXPECTED
    [[ $(streamx info -J "$1" | jq -c "$2") == "$3" ]]
}

streamx-sub stuck >/dev/null &
reader=$!
streamx-sub stuck >/dev/null &
other=$!
yes | streamx-pub -W 2 -R 100000 stuck 2>/dev/null &
producer=$!
eventually field_reaches stuck acknowledged 1
kill -STOP $reader
eventually blamed stuck '[.waits_for.who, .waits_for.pid, .waits_for.state]' \
    "[\"consumer\",$reader,\"stopped\"]"
waited_long() { streamx info -J stuck | jq -e '.waits_for.seconds > 0.3' >/dev/null; }
eventually waited_long
echo "the stopped reader is named, with the time"
streamx info stuck | grep -c "waited for.*streamx-sub (pid $reader, stopped) for"
streamx list | grep -c "streamx-sub (pid $reader, stopped)"
streamx top -n 1 </dev/null | grep -c "^stuck:.*streamx-sub (pid $reader, stopped) for"
streamx info -J stuck | jq -c ".consumers[] | select(.pid == $reader) |
    [.state, .command, .behind > 0, .waited_seconds > 0.3]"
streamx info -J stuck | jq -c ".consumers[] | select(.pid == $other) | [.state]"
kill -CONT $reader
moves() { streamx list -J | jq -e '.[0].messages_per_s > 0' >/dev/null; }
eventually moves
echo "it goes on"
kill $reader $other
wait $reader $other 2>/dev/null
eventually blamed stuck .waits_for.who '"attach"'
echo "nobody is there"
kill $producer
wait
streamx rm --force stuck >/dev/null
