# A user's credentials, as of a server with an operator and accounts: those that the account has
# signed are let in, also from the environment; others end the bridge with 77. None is ever shown.
. "$SUPPORT"
needs openssl
needs python3
. "$(dirname "$0")/../server.bash"
"$(dirname "$0")/../credentials.py"
start_server -c operator.conf

try() { # LABEL OPTION...
    local label=$1
    shift
    streamx-nats out -v --no-wait --create "$@" absent subject 2>>err
    echo "$label: $?"
}
try nobody
try user --creds=user.creds
NATS_CREDS=user.creds try "in the environment"
try stranger --creds=stranger.creds
try nothing --creds=nothing.creds

# One signature in a hundred or so is refused although it is right: twice in a row is not believed.
for times in 2 3; do
    "$(dirname "$0")/../refuse_first.py" "$port" $times >way &
    way=$!
    eventually test -s way
    NATS_URL=nats://127.0.0.1:$(<way) try "refused $times times" --creds=user.creds
    kill $way
    wait $way || :
    rm way
done

seq 3 | streamx-pub source &
pub=$!
streamx-nats out --creds=user.creds source subject 2>>err
echo "out: $?"
ended pub $pub
there streamx-nats in --creds=user.creds subject copy 2>>err &
in=$!
(there streamx-sub copy)
ended in $in
grep -v -- '---' user.creds stranger.creds | sed 's/.*://' | grep -v '^$' >secrets
grep -cF -f secrets err || true
