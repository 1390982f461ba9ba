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

# One who ignores SIGPIPE is told by an exit status, and one who ignores SIGUSR1 by nothing.
yes | streamx-pub x 2>/dev/null &
pub=$!
(trap '' PIPE && streamx-sub x 2>err; echo "sub: exit $?" >status) | head -n 1
eventually has_lines status 1
cat err status
kill $pub
wait $pub 2>/dev/null
streamx rm x
(trap '' USR1 && exec streamx-pub y <input 2>err) &
pub=$!
exec 3>input
eventually stream_exists y
kill -USR1 $pub
streamx-sub y >got 3>&- &
sub=$!
echo "nothing said" >&3
exec 3>&-
ended "pub USR1" $pub
ended sub $sub
cat err got
