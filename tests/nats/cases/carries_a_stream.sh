# SPDX-License-Identifier: MIT
# From a stream through JetStream into a stream on another machine: every byte, every bound, the
# end, and every exit status. Lines, messages of any bytes, empty ones, and a stream of none.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

carry() { # LABEL OPTION...
    local label=$1
    shift
    streamx-nats out -q --create source 'over.{stream}' &
    local out=$!
    there streamx-nats in --wait=1m -q --subject=over.source copy &
    local in=$!
    there streamx-sub "$@" copy >copy &
    local sub=$!
    streamx-pub "$@" source <input
    echo "$label: published"
    ended out $out
    ended sub $sub
    ended in $in
    same "$label" input copy
}
seq 20000 >input
carry lines
{
    printf '\0\0\0\0'
    printf '\0\0\0\003a\nb'
    head -c 300 /dev/zero | sed 's/^/\x00\x00\x01\x2c/'
    printf '\0\0\0\0'
} >input
carry bytes --length-prefixed
head -c 3000000 /dev/urandom >input
carry raw --raw
: >input
carry nothing
nothing_left
