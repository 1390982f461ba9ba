# SPDX-License-Identifier: MIT
# A tls:// server is spoken to in TLS, with a certificate that is trusted and bears its name, or not
# at all; one that wants a certificate gets ours.
. "$SUPPORT"
needs openssl
. "$(dirname "$0")/../server.bash"

authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() { # NAME AUTHORITY ALTERNATIVE-NAME
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" \
        -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -out "$1.pem" \
        -extfile <(echo "subjectAltName=$3") 2>/dev/null
}
authority ours
authority theirs
certificate server ours IP:127.0.0.1,DNS:localhost
certificate elsewhere ours DNS:elsewhere.example
certificate client ours DNS:client

try() { # LABEL URL OPTION...
    local label=$1 url=$2
    shift 2
    streamx-nats out --no-wait --create --server="$url" "$@" absent subject 2>err
    echo "$label: $? $(grep -c 'no such stream' err)"
}

start_server
try "clear text, asked for" nats://127.0.0.1:$port
try "clear text instead of TLS" tls://127.0.0.1:$port --tlsca=ours.pem
try "clear text with --tls" nats://127.0.0.1:$port --tls
try "a clear one beside" "nats://127.0.0.1:$port,tls://127.0.0.1:$port" --tlsca=ours.pem
stop_server

start_server --tls --tlscert=server.pem --tlskey=server.key
try "trusted" tls://127.0.0.1:$port --tlsca=ours.pem
try "by name" tls://localhost:$port --tlsca=ours.pem
try "not trusted" tls://127.0.0.1:$port --tlsca=theirs.pem
try "by nobody" tls://127.0.0.1:$port
# exit(3) would take down what a thread of libnats's may still be using.
LD_DEBUG=files LD_DEBUG_OUTPUT=loaded \
    try "observed" tls://127.0.0.1:$port --tlsca=ours.pem
echo "taken down: $(cat loaded.* | grep -c 'calling fini:.*\(nats\|ssl\|crypto\)')"
stop_server

start_server --tls --tlscert=elsewhere.pem --tlskey=elsewhere.key
try "of another host" tls://127.0.0.1:$port --tlsca=ours.pem
stop_server

start_server --tls --tlscert=server.pem --tlskey=server.key --tlsverify --tlscacert=ours.pem
try "without ours" tls://127.0.0.1:$port --tlsca=ours.pem
try "with ours" tls://127.0.0.1:$port --tlsca=ours.pem --tlscert=client.pem --tlskey=client.key
NATS_CA=ours.pem NATS_CERT=client.pem NATS_KEY=client.key try "environment" tls://127.0.0.1:$port
