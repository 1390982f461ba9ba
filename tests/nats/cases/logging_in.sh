# SPDX-License-Identifier: MIT
# Passwords, tokens and NKEYs: right ones are let in, wrong ones end the bridge with 77, and none is
# ever shown, neither in messages nor in the list of processes.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"

seed=SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y
other=SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776A
cat >server.conf <<END
authorization { users = [
    { user: alice, password: "secret-1" }
    { nkey: UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK }
    { user: reader, password: "secret-3", permissions: { publish: ["\$JS.API.>", "_INBOX.>"] } }
] }
END
echo secret-1 >right
echo secret-2 >wrong
echo "$seed" >seed
echo "$other" >bad

start_server -c server.conf
try() { # LABEL OPTION...
    local label=$1
    shift
    streamx-nats out -v --no-wait --create "$@" absent subject 2>>err
    echo "$label: $?"
}
try "nobody"
try "right password" --user=alice --password-file=right
try "wrong password" --user=alice --password-file=wrong
NATS_USER=alice NATS_PASSWORD=secret-1 try "environment"
try "address" --server="nats://alice:secret-1@127.0.0.1:$port"
try "wrong address" --server="nats://alice:secret-2@127.0.0.1:$port"
try "key" --nkey=seed
try "broken key" --nkey=bad
try "no key" --nkey=nothing
NATS_NKEY=seed try "key in the environment"

# What is refused only when it is tried.
seq 3 | streamx-pub -q source &
pub=$!
streamx-nats out --user=reader --password-file=<(echo secret-3) source subject 2>>err
echo "not permitted to publish: $?"
kill $pub
wait $pub 2>/dev/null
rm -f "$STREAMX_DIR"/*

streamx-nats out -v --server="nats://alice:secret-1@127.0.0.1:$port" absent subject 2>running &
out=$!
eventually grep -q 'is at 0$' running
grep -c secret "/proc/$out/cmdline" || true
kill -TERM $out
ended out $out
cat err running | grep -c 'secret-\|alice:\|SUAAA' || true
cat err >&2
