# SPDX-License-Identifier: MIT
# streamx-sub a b c: each message whole, from whichever stream; it ends when all have ended, with the
# worst status. A fast stream does not keep a slow one away.
. "$SUPPORT"

for name in a b c; do
    mkfifo $name.in
done
streamx-sub -f '%n %s %p\n' a b c >got 2>err &
sub=$!
streamx-pub a <a.in &
a=$!
streamx-pub b <b.in &
exec 4>a.in 5>b.in
attached a 1
attached b 1
seq 2 >&4
eventually has_lines got 2
echo one >&5
eventually has_lines got 3
printf 'late\n' | streamx-pub c
eventually has_lines got 4
exec 5>&-
eventually stream_is_gone b
kill -KILL $a
wait $a 2>/dev/null
exec 4>&-
ended "with a crash" $sub
sort got
cat err

seq 30000 | sed 's/^/first /' >lines1
seq 30000 | sed 's/^/second /' >lines2
streamx-sub a b >got &
sub=$!
streamx-pub -s 4 a <lines1 &
streamx-pub -s 4 b <lines2
ended "two at once" $sub
same first lines1 <(grep first got)
same second lines2 <(grep second got)

streamx-sub -J a b | jq -c '[.stream, .seq, .payload]' | sort &
echo x | streamx-pub a
echo y | streamx-pub b
wait

yes | streamx-pub -q -x a &
streamx-sub -f '%n\n' a b >got &
sub=$!
attached a 1
echo slow | streamx-pub b
grep -qx b got && echo "the slow one is not kept away"
kill $sub
wait 2>/dev/null

streamx-sub -n 3 a b 2>err &
sub=$!
seq 2 | streamx-pub a
seq 5 | streamx-pub -q -x b
ended "count of both" $sub

echo there | streamx-pub a &
eventually stream_exists a
streamx-sub --no-wait a b
echo "one is not there: exit $?"
streamx-sub -t 50ms a b 2>&1
echo "none came: exit $?"
wait
