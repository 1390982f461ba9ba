# SPDX-License-Identifier: MIT
# A subscriber that sleeps far beyond the time in which the server wants its acknowledgment: the
# bridge keeps it patient, and nothing is handed out twice.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

seq 1000 | streamx-pub -q source &
streamx-nats out -q --create source slow
echo "out: exit $?"
there streamx-nats in --wait=1m -q --ack-wait=1s --durable=d slow copy &
in=$!
there streamx-sub copy >copy &
sub=$!
eventually has_lines copy 1
kill -STOP $sub
sleep 3.5
kill -CONT $sub
ended sub $sub
ended in $in
same all copy <(seq 1000)
eventually pending_is slow d 0
jetstream_tool handed_out slow d
nothing_left
