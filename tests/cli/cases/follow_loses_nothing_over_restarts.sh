# SPDX-License-Identifier: MIT
# Several --follow subscribers and a publisher that is restarted again and again: each of them gets
# every line, since nobody begins before all of those that follow are there.
. "$SUPPORT"

follow() { # FILE
    streamx-sub --follow -n 2000 x >"$1" 2>>err &
}
follow one
one=$!
follow two
two=$!
follow three
three=$!
following() { [[ $(grep -c "@streamx-follow/.*/$1/" /proc/net/unix) -ge 1 ]]; }
for pid in $one $two $three; do
    eventually following $pid
done
for run in {0..9}; do
    seq $((run * 200 + 1)) $((run * 200 + 200)) | streamx-pub x
done
ended one $one
ended two $two
ended three $three
seq 2000 >expected
same "every line" expected one two three
cat err

# one that is stopped is waited for; one that is killed is not
mkfifo input
follow one
one=$!
follow two
two=$!
for pid in $one $two; do
    eventually following $pid
done
kill -STOP $two
seq 1000 | streamx-pub x &
pub=$!
attached x 1
field_is x acknowledged 0 && echo "nothing is acknowledged before the other one has come"
kill -KILL $two
wait $two 2>/dev/null
ended pub $pub
eventually has_lines one 1000
tail -n 1 one
kill $one
wait $one 2>/dev/null

# a publisher that dies before it has published anything leaves nobody waiting for another
follow one
one=$!
follow two
two=$!
for pid in $one $two; do
    eventually following $pid
done
kill -STOP $two
streamx-pub x <input &
pub=$!
exec 3>input
attached x 1
kill -KILL $pub
wait $pub 2>/dev/null
exec 3>&-
kill -CONT $two
seq 2000 | streamx-pub x
ended one $one
ended two $two
same "the next stream" expected one two

# who comes too late is told what it has missed: here the other one does not follow
streamx-sub -n 5 x >other &
streamx-sub --follow -n 5 x >late 2>err &
late=$!
eventually following $late
kill -STOP $late
seq 10 | streamx-pub x &
wait %?other
kill -CONT $late
ended late $late
cat late err
wait
