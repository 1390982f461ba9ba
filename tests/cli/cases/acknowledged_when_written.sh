# SPDX-License-Identifier: MIT
# By default a message counts when it has been written, with --ack=receive before that; -u writes and
# acknowledges one by one.
. "$SUPPORT"

mkfifo output
seq 20000 >input
acknowledged_of_a_stuck_one() {
    streamx-pub -m 1M x <input &
    streamx-sub "$@" x >output &
    sub=$!
    exec 3<output
    eventually field_is x published 20000
    # the pipe is full, and nobody reads
    eventually test "$(head -c 5 <&3 | tr -d '\n')" = 123
    eventually asleep $sub
    acknowledged=$(peek x acknowledged)
    cat <&3 >got
    exec 3>&-
    wait
}
asleep() { [[ $(cut -d ' ' -f 3 "/proc/$1/stat") == S ]]; }

acknowledged_of_a_stuck_one
echo "by writing: $acknowledged"
acknowledged_of_a_stuck_one --ack=receive
echo "by receiving: $acknowledged"
acknowledged_of_a_stuck_one -u
((acknowledged > 1000 && acknowledged < 20000)) && echo "one by one: some"
