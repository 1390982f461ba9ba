# SPDX-License-Identifier: MIT
# A subscriber that sleeps far beyond the time in which the server wants its acknowledgment: the
# bridge keeps it patient, and nothing is handed out twice.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

seq -f '%01000.0f' 200 >input
streamx-pub -q source <input &
streamx-nats out -q --create source slow
echo "out: exit $?"
mkfifo pipe
exec 3<>pipe # holds the first messages, and is not read for a while
there streamx-nats in -q --ack-wait=1s --durable=d slow copy &
in=$!
there streamx-sub copy >pipe &
sub=$!
eventually field_reaches_there copy published 200
sleep 3.5
head -n 200 <&3 >copy &
reader=$!
ended sub $sub
ended in $in
wait $reader
same all copy input
eventually pending_is slow d 0
jetstream_tool handed_out slow d
nothing_left
