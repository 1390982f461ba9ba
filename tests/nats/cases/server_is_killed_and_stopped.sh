# SPDX-License-Identifier: MIT
# A server that is killed, stopped for longer than anybody waits for an answer, and started again,
# time after time: nothing is lost, nothing comes twice, nothing out of order.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

if [[ ${STREAMX_LONG-} ]]; then
    messages=30000 kills=(2000 9000 16000) stop=22000
else
    messages=15000 kills=(2000) stop=6000
fi
streamx-nats out --wait=1m -v --create source restless 2>out.err &
out=$!
there streamx-nats in --wait=1m -q --durable=d restless copy &
in=$!
there streamx-sub copy >copy &
sub=$!
publish_held $messages --slots=16 --rate=15000 source
for lines in "${kills[@]}"; do
    eventually has_lines copy $lines
    stop_server
    start_server
done
eventually has_lines copy $stop
kill -STOP $server
eventually grep -q ': no answer$' out.err
kill -CONT $server
let_go $messages
ended pub $pub
ended out $out
ended sub $sub
ended in $in
same all copy <(seq $messages)
eventually pending_is restless d 0
nothing_left
