# SPDX-License-Identifier: MIT
# --slow=evict: a stopped subscriber is thrown out, exits 3 and has written nothing torn; the others
# get everything.
. "$SUPPORT"

seq 100000 >input
streamx-sub x >got1 &
good=$!
streamx-sub x >got2 2>err &
stopped=$!
mkfifo pipe
streamx-pub --slow=evict=100ms -W 2 x <pipe &
pub=$!
exec 3>pipe
seq 10 >&3
eventually has_lines got2 10
kill -STOP $stopped
sed 1,10d input >&3
exec 3>&-
ended pub $pub
ended good $good
kill -CONT $stopped
ended stopped $stopped
same "the good one" input got1
head -c "$(wc -c <got2)" input | cmp - got2 && tail -c 1 got2 | od -An -c
grep -c 'thrown out' err
