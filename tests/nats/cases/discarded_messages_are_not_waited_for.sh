# SPDX-License-Identifier: MIT
# Many messages are discarded while they are handed out to a bridge that is killed. The server cannot
# hand them out again, and does nothing but try; so they are acknowledged, and the newer ones come.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

jetstream_tool add all all
seq 100 | jetstream_tool publish all
there streamx-nats in --wait=1m --from=all --durable=d -q all copy &
eventually pending_is all d 100
kill -KILL $!
wait $! 2>/dev/null
jetstream_tool purge all

there streamx-nats in --wait=1m --durable=d -q all copy &
in=$!
there streamx-sub --count=100 copy >copy &
sub=$!
seq 101 200 | jetstream_tool publish all
ended sub $sub
same copied copy <(seq 101 200)
eventually pending_is all d 0
kill -TERM $in
ended in $in
(there streamx rm copy)
nothing_left
