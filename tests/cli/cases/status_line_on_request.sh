# SPDX-License-Identifier: MIT
# SIGUSR1: a line about how far it is, on standard error; everything goes on.
. "$SUPPORT"

mkfifo input
streamx-pub x <input 2>pub.err &
pub=$!
streamx-sub x >got 2>sub.err &
sub=$!
exec 3>input
attached x 1
seq 3 >&3
eventually has_lines got 3
kill -USR1 $pub $sub
eventually has_lines pub.err 1
eventually has_lines sub.err 1
seq 4 5 >&3
exec 3>&-
ended pub $pub
ended sub $sub
tr '\n' ' ' <got
echo
sed -E 's,[0-9.]+[KM]?(B?/s),N\1,g; s,[0-9]+:[0-9:]+,TIME,' pub.err sub.err
