# SPDX-License-Identifier: MIT
# What the cases of the bridge share: a server on loopback, on a port of its own. That one is none of
# those that the kernel gives to connections, which could take it while the server is not running.
# shellcheck shell=bash

needs nats-server

answers() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

server=0 # its process
port=$((10000 + $$ % 20000))
while answers; do
    port=$((port + 1))
done

# start_server [OPTION...]: starts it, or starts it anew where it was before, and waits for it.
start_server() {
    nats-server -a 127.0.0.1 -p "$port" -js -sd "$PWD/store" "$@" >>server.log 2>&1 &
    server=$!
    eventually answers
    export NATS_URL=nats://127.0.0.1:$port
}

# stop_server: as a crash would.
stop_server() {
    kill -KILL "$server"
    wait "$server" 2>/dev/null
}

# count_is STREAM NUMBER, last_reaches STREAM NUMBER, pending_is STREAM CONSUMER NUMBER
count_is() { [[ $(jetstream_tool count "$1" 2>/dev/null) == "$2" ]]; }
last_reaches() { [[ $(jetstream_tool last "$1" 2>/dev/null || echo 0) -ge $2 ]]; }
pending_is() { [[ $(jetstream_tool pending "$1" "$2" 2>/dev/null) == "$3" ]]; }

# there COMMAND... &: on the other machine, and always in the background: $! is the command itself.
there() { STREAMX_DIR=$STREAMX_DIR/../there exec "$@"; }
mkdir -p "$STREAMX_DIR/../there"

# publish_held MESSAGES OPTION...: numbers, of which the last one waits for let_go: whoever is killed
# before has not come to the end. `pub`: the publisher.
publish_held() {
    local messages=$1
    shift
    rm -f held
    mkfifo held
    { seq $((messages - 1)) && cat held; } | streamx-pub "$@" &
    pub=$!
}
let_go() { echo "$1" >held; } # MESSAGES

# nothing_left: no stream on the other machine either.
nothing_left() {
    [[ -z $(ls -A "$STREAMX_DIR/../there") ]] || echo "left there: $(ls -A "$STREAMX_DIR/../there")"
}

field_reaches_there() { (there peek "$1" "$2") | { read -r now && [[ $now -ge $3 ]]; }; }
