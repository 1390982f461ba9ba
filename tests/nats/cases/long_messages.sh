# SPDX-License-Identifier: MIT
# What is longer than the server takes is refused, and not acknowledged; or sent in parts and joined.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

head -c 5000000 /dev/urandom >large
head -c 1048576 /dev/urandom >limit # the server's limit, and the headers count
head -c 1048320 /dev/urandom >fits
streamx-pub -q source large 2>/dev/null &
pub=$!
streamx-nats out --create source long 2>out.err
echo "exit $?"
cat out.err
jetstream_tool count long
kill -KILL $pub
wait $pub 2>/dev/null
streamx rm --force source >/dev/null # or the next one might go on with what is left there

streamx-nats out -q --create --chunk source parts &
out=$!
there streamx-nats in --wait=1m -q --slots=2 --batch=2 parts copy &
in=$!
there streamx-sub -L copy >copy &
sub=$!
streamx-pub source fits large limit fits
ended out $out
ended sub $sub
ended in $in
prefixed() { printf "\\x$(printf '%08x' "$(stat -c %s "$1")" | sed 's/../&\\x/g; s/..$//')"; cat "$1"; }
for file in fits large limit fits; do
    prefixed $file
done >expected
same joined copy expected
jetstream_tool ids parts | paste -sd ' '
nothing_left
rm -f "$STREAMX_DIR"/*
