# SPDX-License-Identifier: MIT
# Who asks why a publisher waits finds the bridge, and in its label what the bridge waits for.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

labelled() { streamx info source | grep -q "nats: $1"; }
streamx-nats out -q --create --max-msgs=3 source labelled &
out=$!
seq 10 | streamx-pub source &
pub=$!
eventually labelled 'labelled is full'
stop_server
eventually labelled 'reconnecting [0-9]* s'
start_server
eventually labelled 'labelled is full'
jetstream_tool limit labelled 20
ended pub $pub
ended out $out
