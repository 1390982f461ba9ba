# SPDX-License-Identifier: MIT
# What the parent ignores is ignored: Ctrl-C in front of a pipeline whose publisher is protected from
# it ends the producer of the lines, and their last words get through.
. "$SUPPORT"

mkfifo input
for signal in INT TERM HUP; do
    (trap '' $signal && exec streamx-pub x <input) &
    pub=$!
    (trap '' $signal && exec streamx-sub x >got) &
    sub=$!
    exec 3>input
    attached x 1
    echo before >&3
    eventually has_lines got 1
    kill -$signal $pub $sub
    echo "last words" >&3
    eventually has_lines got 2
    exec 3>&-
    ended "pub $signal" $pub
    ended "sub $signal" $sub
    tr '\n' '|' <got
    echo
done
