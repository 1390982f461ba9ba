# SPDX-License-Identifier: MIT
# The server and both bridges are killed together, while messages are removed from the server as they
# are acknowledged: it then waits for messages that it has not any more, and nobody waits with it.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

if [[ ${STREAMX_LONG-} ]]; then
    messages=40000 kills=(5000 12000 19000 26000)
else
    messages=14000 kills=(2000 6000)
fi
bridge_in() {
    there streamx-nats in --wait=1m -q all copy &
    in=$!
}
bridge_out() {
    streamx-nats out --wait=1m -q --create --retention=workqueue source all &
    out=$!
}
bridge_in
bridge_out
there streamx-sub --follow --count=$messages copy >copy &
sub=$!
publish_held $messages --slots=64 --rate=8000 source
for lines in "${kills[@]}"; do
    eventually has_lines copy $lines
    kill -KILL $in
    wait $in 2>/dev/null
    bridge_in
    stop_server
    kill -KILL $out
    wait $out 2>/dev/null
    bridge_out
    start_server
done
let_go $messages
ended pub $pub
ended out $out
ended sub $sub
ended in $in
same all copy <(seq $messages)
nothing_left
