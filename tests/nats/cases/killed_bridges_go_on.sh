# SPDX-License-Identifier: MIT
# Both bridges are killed again and again, at a high and at a low rate; the next ones go on where they
# were, in the same stream: a subscriber that stays gets everything once and in order, and the end.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

bridge_out() {
    streamx-nats out --wait=1m -q --create "$@" source restless &
    out=$!
}
bridge_in() {
    there streamx-nats in --wait=1m -q restless copy &
    in=$!
}
# The publisher is held back meanwhile: a bridge that is killed when it is done has left nothing to go on
# with. end_is_not_lost has the moments before that.
kill_both() {
    kill -KILL $in
    wait $in 2>/dev/null
    bridge_in
    kill -KILL $out
    wait $out 2>/dev/null
    bridge_out
}

run() { # LABEL MESSAGES KILLS RATE
    local label=$1 messages=$2 kills=$3 rate=$4
    : >copy
    bridge_out
    bridge_in
    there streamx-sub --follow --count="$messages" copy >copy &
    local sub=$!
    publish_held "$messages" --slots=64 --rate="$rate" source
    for ((i = 1; i <= kills; i++)); do
        eventually has_lines copy $((messages * i / (kills + 1)))
        kill_both
    done
    let_go "$messages"
    ended "$label: pub" $pub
    ended "$label: out" $out
    ended "$label: sub" $sub
    ended "$label: in" $in
    same "$label" copy <(seq "$messages")
}
if [[ ${STREAMX_LONG-} ]]; then
    run fast 1000000 20 30000
    run slow 20000 20 500
else
    run fast 30000 4 20000
    run slow 400 3 400
fi
nothing_left
