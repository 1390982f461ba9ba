# SPDX-License-Identifier: MIT
# The bridge out is killed again and again; the next one knows how far it came. The ring is passed on
# with what is not stored yet, and JetStream has everything once.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

if [[ ${STREAMX_LONG-} ]]; then
    messages=60000 kills=(1 5000 12000 20000 28000 36000 44000 52000)
else
    messages=25000 kills=(1 5000 12000 18000)
fi
streamx-nats out --wait=1m -q --create source killed &
out=$!
publish_held $messages --slots=16 --rate=30000 source
for last in "${kills[@]}"; do
    eventually last_reaches killed $last
    kill -KILL $out
    wait $out 2>/dev/null
    streamx-nats out --wait=1m -q --create source killed &
    out=$!
done
let_go $messages
ended pub $pub
ended out $out
jetstream_tool dump killed | head -n -1 >copy
same all copy <(seq $messages)
jetstream_tool ids killed | tail -n 2 | sed "s/^$messages/last/"
