# SPDX-License-Identifier: MIT
# A file operand that grows while subscribers are waited for, as a log does, is no error: it goes out
# as it was when the stream was made for it; one that has shrunk, as it is.
. "$SUPPORT"

echo "then" >log
seq 1000 >other
for grown in log other; do
    streamx-pub x log other &
    pub=$!
    eventually stream_exists x
    echo "and now" >>$grown
    streamx-sub -r x >got
    ended "pub, $grown grown" $pub
    tail -n 1 got
    wc -l <got
done
streamx-pub x log &
pub=$!
eventually stream_exists x
echo "now" >log
streamx-sub x
ended "pub, shrunk" $pub
