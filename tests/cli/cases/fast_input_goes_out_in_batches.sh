# SPDX-License-Identifier: MIT
# What one read brings is one publication, not one per line; splitting only where a slot is full.
. "$SUPPORT"

mkfifo input
streamx-pub x <input &
streamx-sub x >got &
exec 3>input
seq 1000 >&3
eventually field_reaches x acknowledged 1000
echo "publications: $(peek x publications)"
exec 3>&-
wait

seq 100000 >lines # 488895 bytes without newlines, and 8 for each line: 20 slots
streamx-sub -n 99999 x >got &
sub=$!
streamx-pub x <lines &
wait $sub
publications=$(peek x publications)
((publications >= 20 && publications <= 22)) || echo "publications: $publications"
streamx-sub x
wait
