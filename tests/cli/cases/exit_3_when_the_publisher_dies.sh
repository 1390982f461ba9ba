# SPDX-License-Identifier: MIT
# A publisher that is killed is told apart from one that ends; what it had published is delivered.
. "$SUPPORT"

mkfifo input
streamx-pub x <input &
pub=$!
streamx-sub x >got 2>sub.err &
sub=$!
exec 3>input
seq 3 >&3
eventually has_lines got 3
kill -KILL $pub
ended sub $sub
cat got sub.err
exec 3>&-
ended pub $pub 2>/dev/null
