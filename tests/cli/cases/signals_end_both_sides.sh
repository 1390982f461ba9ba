# SPDX-License-Identifier: MIT
# SIGINT, SIGTERM and SIGHUP: a program dies of the very signal; a subscriber gives up its seat, and
# the others go on; a publisher's end shows as a crash.
. "$SUPPORT"

mkfifo input
for signal in INT TERM HUP; do
    # a shell without job control ignores INT for those in the background, and so would they
    env --default-signal=INT streamx-pub x <input &
    pub=$!
    env --default-signal=INT streamx-sub x >got1 &
    sub1=$!
    streamx-sub x >got2 2>err &
    sub2=$!
    exec 3>input
    attached x 2
    echo one >&3
    eventually has_lines got1 1
    kill -$signal $sub1
    ended "sub $signal" $sub1
    attached x 1
    echo two >&3
    eventually has_lines got2 2
    kill -$signal $pub
    ended "pub $signal" $pub
    ended "the other sub" $sub2
    exec 3>&-
    cat got1 got2 err
done 2>/dev/null

# Waiting for a stream, and for a subscriber. No signal is sent before the program is there: in its
# place is a copy of the shell until then, which catches it and then forgets it.
looks_out_for_names() { [[ $(readlink /proc/"$1"/fd/*) == *inotify* ]]; }
streamx-sub x &
eventually looks_out_for_names $!
kill -TERM $!
ended "waiting sub" $! 2>/dev/null
echo | streamx-pub x &
eventually stream_exists x
kill -TERM $!
ended "waiting pub" $! 2>/dev/null
