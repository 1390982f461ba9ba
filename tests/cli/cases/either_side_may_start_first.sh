# SPDX-License-Identifier: MIT
# Nothing is lost whichever end comes first, and an empty stream ends cleanly for both.
. "$SUPPORT"

seq 1000 >input
streamx-pub x <input &
pub=$!
eventually stream_exists x
streamx-sub x >got
echo "sub: exit $?"
ended pub $pub
same "publisher first" input got

streamx-sub x >got &
sub=$!
streamx-pub x <input
echo "pub: exit $?"
ended sub $sub
same "subscriber first" input got

streamx-pub x </dev/null &
pub=$!
eventually stream_exists x
streamx-sub x
echo "sub: exit $?"
ended "pub of nothing" $pub
