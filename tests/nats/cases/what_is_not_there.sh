# SPDX-License-Identifier: MIT
# No server, no JetStream, no stream of either kind: 69 at once, or after the time that was given; a
# time limit: 124.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"

export NATS_URL=nats://127.0.0.1:1
streamx-nats out --no-wait source a
echo "no server: $?"
streamx-nats in --wait=200ms a copy
echo "no server: $?"
start_server
streamx-nats out --no-wait source a 2>/dev/null
echo "no JetStream stream: $?"
streamx-nats in --wait=200ms a copy 2>/dev/null
echo "no JetStream stream: $?"
streamx-nats out --no-wait --create source a
echo "no stream: $?"
streamx-nats out --timeout=300ms source a
echo "time limit: $?"
streamx-nats in --timeout=300ms a copy
echo "time limit: $?"
mkfifo "$STREAMX_DIR/streamx.source"
streamx-nats out --no-wait --create source a 2>&1
echo "no stream, but something else: $?"
rm "$STREAMX_DIR/streamx.source"

# A server that comes a little later is waited for.
stop_server
streamx-nats out -q --wait=1m source a &
out=$!
echo hello | streamx-pub source &
start_server
ended out $out
