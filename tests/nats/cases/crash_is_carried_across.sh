# SPDX-License-Identifier: MIT
# A publisher that dies is one that died on the other machine too; what it had published is there.
# The next stream is a new one.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

streamx-nats out --create --follow source crash 2>out.err &
out=$!
there streamx-nats in --wait=1m crash copy 2>in.err &
in=$!
there streamx-sub copy >copy 2>sub.err &
sub=$!
mkfifo pipe
streamx-pub source <pipe &
pub=$!
exec 3>pipe
seq 100 >&3
eventually has_lines copy 100
kill -KILL $pub
exec 3>&-
ended sub $sub
ended in $in
same "before the crash" copy <(seq 100)
cat in.err out.err

there streamx-nats in --wait=1m crash copy &
in=$!
there streamx-sub copy >copy &
sub=$!
seq 200 300 | streamx-pub source
ended sub $sub
ended in $in
same "after it" copy <(seq 200 300)
kill -TERM $out
ended out $out
nothing_left
