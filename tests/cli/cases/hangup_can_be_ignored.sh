# SPDX-License-Identifier: MIT
# nohup: SIGHUP stays ignored.
. "$SUPPORT"

mkfifo input
streamx-pub x <input &
pub=$!
(trap '' HUP && exec streamx-sub x >got) &
sub=$!
exec 3>input
attached x 1
kill -HUP $sub
echo one >&3
eventually has_lines got 1
exec 3>&-
ended sub $sub
ended pub $pub
