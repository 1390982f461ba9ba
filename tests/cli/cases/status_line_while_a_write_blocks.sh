# SPDX-License-Identifier: MIT
# SIGUSR1 is answered also by a program whose output nobody reads just now.
. "$SUPPORT"

mkfifo sub.out pub.out
writes() { grep -q pipe_write /proc/$1/wchan; }

streamx-sub x >sub.out 2>sub.err &
sub=$!
exec 3<sub.out
yes | streamx-pub -x -q x &
eventually writes $sub
for n in 1 2 3; do
    kill -USR1 $sub
    eventually has_lines sub.err $n
done
kill $sub
exec 3<&-
wait $sub 2>/dev/null
sed -E 's/[0-9]+ messages.*/N messages/' sub.err
wait

yes | streamx-pub -T x >pub.out 2>pub.err &
exec 3<pub.out
streamx-sub x >/dev/null 2>&1 &
eventually stream_exists x
pub=$(streamx info -J x | jq .pid)
eventually writes "$pub"
kill -USR1 "$pub"
eventually has_lines pub.err 1
kill "$pub"
exec 3<&-
wait
sed -E 's/[0-9]+ messages.*/N messages/' pub.err
