# SPDX-License-Identifier: MIT
# A server that is killed, stopped for longer than anybody waits for an answer, and started again,
# time after time: nothing is lost, nothing comes twice, nothing out of order.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

streamx-nats out --wait=1m -q --create source restless &
out=$!
there streamx-nats in --wait=1m -q --durable=d restless copy &
in=$!
there streamx-sub copy >copy &
sub=$!
seq 30000 | streamx-pub --slots=16 --rate=15000 source &
pub=$!
for lines in 2000 9000 16000; do
    eventually has_lines copy $lines
    stop_server
    start_server
done
eventually has_lines copy 22000
kill -STOP $server
sleep 9
kill -CONT $server
ended pub $pub
ended out $out
ended sub $sub
ended in $in
same all copy <(seq 30000)
eventually pending_is restless d 0
nothing_left
