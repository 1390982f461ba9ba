# SPDX-License-Identifier: MIT
# --glob: what is there and matches, and what appears later; what does not match is left alone.
. "$SUPPORT"

for name in log.a log.b other; do
    mkfifo $name.in
    streamx-pub $name <$name.in &
done
exec 4>log.a.in 5>log.b.in 6>other.in
for name in log.a log.b other; do
    eventually stream_exists $name
done
streamx-sub --glob 'log.*' -f '%n %p\n' >got 4>&- 5>&- 6>&- &
sub=$!
attached log.a 1
attached log.b 1
echo one >&4
eventually has_lines got 1
echo two >&5
eventually has_lines got 2
mkfifo log.c.in
streamx-pub log.c <log.c.in 4>&- 5>&- 6>&- &
exec 7>log.c.in
attached log.c 1
exec 4>&-
eventually stream_is_gone log.a
echo again | streamx-pub log.a # a name that it had before
eventually has_lines got 3
echo three >&7
eventually has_lines got 4
field_is other consumers 0 && echo "the other one is left alone"
exec 5>&- 7>&-
ended "all have ended" $sub
cat got
streamx-sub other 6>&- &
attached other 1
exec 6>&-
wait

# waits for a first one; a NAME may be given beside the pattern, or be one
streamx-sub --glob='*.x' 'y?' z >got &
sub=$!
mkfifo z.in
streamx-pub z <z.in & # there until the others have been: all it has must not have ended meanwhile
exec 4>z.in
echo from z >&4
echo from a.x | streamx-pub a.x 4>&-
echo from y1 | streamx-pub y1 4>&-
exec 4>&-
ended "waited" $sub
sort got
streamx-sub --no-wait --glob 'nothing*' 2>err
echo "nothing there: exit $?"
streamx-sub --follow --glob '*' -n 4 >got &
sub=$!
for n in 1 2 3 4; do
    echo $n | streamx-pub again
done
ended "followed" $sub
cat got
wait
