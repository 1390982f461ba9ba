# How a stream has ended is not lost with the bridge that was to say so: killed with everything
# acknowledged and the end not stored yet, or before the publisher ended it. The next one finds out.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server
kill_out() {
    kill -KILL $out
    wait $out 2>/dev/null
}

# The publisher has ended, the end is refused because the JetStream stream is full: killed there, or
# told to go, which leaves the end as well. So does one that has found nothing but that.
refused() { # SIGNAL MESSAGES
    rm -f out.err
    streamx-nats out --create --max-msgs=3 source full 2>out.err &
    out=$!
    [[ $2 == 0 ]] || seq "$2" | streamx-pub source
    eventually grep -qs 'waiting$' out.err
    kill "-$1" $out
    ended "$1" $out 2>/dev/null
}
refused KILL 3
streamx-sub --no-wait source # to others it is gone
echo "to others: $?"
refused TERM 0
jetstream_tool limit full 100
streamx-nats out source full
echo "full: exit $?: $(jetstream_tool ids full | tail -n 1)"
jetstream_tool delete full
refused TERM 3
jetstream_tool limit full 100
streamx-nats out source full
echo "full: exit $?: $(jetstream_tool ids full | tail -n 1)"

# An empty one, while the server does not answer; it may store the end all the same, later.
attached() { streamx info source 2>/dev/null | grep -q "nats: "; }
is_stopped() { [[ -z $(grep -L '^State:.T' /proc/$server/task/*/status) ]]; }
mkfifo pipe
publish() {
    streamx-pub source <pipe &
    pub=$!
    exec 3>pipe
}
streamx-nats out -q --wait=1m --create source empty &
out=$!
publish
eventually attached
kill -STOP $server
eventually is_stopped
exec 3>&-
ended pub $pub
kill_out
kill -CONT $server
streamx-nats out source empty
echo "empty: exit $?: $(jetstream_tool ids empty)"

# The publisher ends, or dies, while there is no bridge.
acknowledged() { [[ $(peek source acknowledged) == 2 ]]; }
carry_two() { # SUBJECT
    streamx-nats out -q --wait=1m --create source "$1" &
    out=$!
    publish
    seq 2 >&3
    eventually acknowledged
    kill_out
}
carry_two ended
exec 3>&-
ended pub $pub
streamx-nats out source ended
echo "ended: exit $?: $(jetstream_tool ids ended | tail -n 1)"

carry_two died
kill -KILL $pub
wait $pub 2>/dev/null
exec 3>&-
streamx-nats out source died
echo "died: exit $?: $(jetstream_tool ids died | tail -n 1)"
streamx rm source

# Others have had what the bridge has not: that is said, and the end is known all the same.
streamx-nats out -q --wait=1m --create source away &
out=$!
publish
eventually attached
streamx-sub source >/dev/null 3>&- &
sub=$!
echo 1 >&3
eventually last_reaches away 1
kill_out
seq 2 5 >&3
exec 3>&-
ended pub $pub
ended sub $sub
streamx-nats out source away
echo "away: exit $?"
streamx-nats out --lossy source away 2>/dev/null
echo "away: exit $?: $(jetstream_tool ids away | tail -n 1)"
