# SPDX-License-Identifier: MIT
# Two bridges that take from one durable consumer: each gets a part, and neither can put its part in
# order, which they say and end. So many messages at a time that both have all in hand that they may,
# and wait for the rest, before it is certain that the gaps are not of a connection of their own.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

jetstream_tool add all all
for name in a b; do
    there streamx-sub -q --follow $name >/dev/null &
    subs+=($!)
    there streamx-nats in --durable=d --wait=1m all $name 2>said.$name &
    ins+=($!)
done
one_has_ended() {
    seq 100 | jetstream_tool publish all
    sleep 0.3
    is_gone "${ins[0]}" || is_gone "${ins[1]}"
}
eventually one_has_ended
i=0
is_gone "${ins[0]}" || i=1
ended "first" "${ins[i]}"
cat said.? | sed "s/^streamx-nats: [ab]: //;q"
kill -KILL "${ins[1 - i]}" "${subs[@]}" 2>/dev/null
wait "${ins[1 - i]}" "${subs[@]}" || :
