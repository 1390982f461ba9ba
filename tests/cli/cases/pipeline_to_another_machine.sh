# SPDX-License-Identifier: MIT
# What `streamx-sub -L here | ssh there streamx-pub -L there` does, with a socket instead of ssh:
# every message keeps its bounds, each side waits for the other, and a line that is cut is noticed.
. "$SUPPORT"
needs socat

mkdir "$STREAMX_DIR/far"
far() { STREAMX_DIR=$STREAMX_DIR/far "$@"; }
listens() { [[ -S socket ]]; }
start_far_side() { # the other machine: whatever comes in is published there
    rm -f socket
    far socat UNIX-LISTEN:socket,unlink-close=0 EXEC:'streamx-pub -L -m 1M there',nofork 2>far.err &
    far_pub=$!
    eventually listens
}

head -c 300000 /dev/urandom >noise
printf 'a\0b\n' >small
: >empty
start_far_side
far streamx-sub -L there >got1 &
far streamx-sub -L there >got2 &
streamx-sub -L here | socat -u - UNIX-CONNECT:socket &
near=$!
eventually far stream_exists there
far attached there 2
streamx-pub here noise small empty noise
echo "pub: exit $?"
ended "near side" $near
ended "far pub" $far_pub
for file in noise small empty noise; do
    python3 -c 'import os, struct, sys; sys.stdout.buffer.write(struct.pack(">I", os.stat(sys.argv[1]).st_size))' $file
    cat $file
done >expected
wait
same "both copies" expected got1 got2

# nobody takes anything there: the near publisher waits, and is told by whom it is held up
start_far_side
seq 200000 >lines
streamx-sub -L here | socat -u - UNIX-CONNECT:socket &
near=$!
streamx-pub here <lines &
pub=$!
held_up() { streamx info -J here 2>/dev/null | jq -e '.waits_for.who == "consumer"' >/dev/null; }
eventually held_up
echo "back-pressure goes through"
far streamx-sub there >got
ended pub $pub
ended "near side" $near
ended "far pub" $far_pub
same "lines" lines got

# the line is cut within a message: that is no end there
start_far_side
far streamx-sub there >got 2>sub.err &
far_sub=$!
printf '\0\0\0\003abc\0\0\0\011cut' | socat -u - UNIX-CONNECT:socket
ended "far pub" $far_pub
ended "far sub" $far_sub
cat far.err sub.err
cat got
rmdir "$STREAMX_DIR/far"
