# A durable consumer that is not there yet begins where --from says; one that is there goes on where
# it was, whatever that says. The messages are another client's, and plain ones.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

jetstream_tool add FROM from
seq 5 | jetstream_tool publish from
moment=$(($(date +%s) + 1))
is_past() { [[ $(date +%s) -gt $1 ]]; }
eventually is_past $moment
seq 6 8 | jetstream_tool publish from

take() { # LABEL DURABLE COUNT OPTION...: everything that there is
    local label=$1 durable=$2 count=$3
    shift 3
    there streamx-nats in -q --durable="$durable" "$@" from copy &
    local in=$!
    (there streamx-sub --count="$count" copy) >copy
    echo "$label: $(paste -sd ' ' copy)"
    eventually pending_is FROM "$durable" 0
    kill -TERM $in
    ended "$label" $in
    (there streamx rm copy)
}
take "by itself" default 8
take all all 8 --from=all
take "a number" number 5 --from=seq=4
take "a time" time 3 --from=time="$(date -u -d "@$moment" +%FT%TZ)"
take "an old time" old 8 --from=time=2001-02-03T04:05:06Z
echo 9 | jetstream_tool publish from
take "where it was" number 1 --from=all

there streamx-nats in -q --durable=new --from=new from copy &
in=$!
eventually pending_is FROM new 0
echo 10 | jetstream_tool publish from
(there streamx-sub --count=1 copy)
kill -TERM $in
ended new $in
(there streamx rm copy)
for from in nothing seq=0 seq=x time=yesterday time=2001-02-03; do
    streamx-nats in --from=$from from copy 2>/dev/null
    echo "$from: $?"
done
