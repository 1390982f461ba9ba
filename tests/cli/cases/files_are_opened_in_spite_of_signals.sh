# SPDX-License-Identifier: MIT
# A FIFO operand takes its time to open: SIGUSR1 is answered meanwhile, and SIGTERM ends it.
. "$SUPPORT"

mkfifo first second
streamx-pub x first second 2>err &
pub=$!
# The handler is in place once the signal is caught.
catches() {
    [[ $(</proc/$pub/comm) == streamx-pub ]] || return # the shell catches it, too
    ((16#$(awk '/^SigCgt/ { print $2 }' /proc/$pub/status) & 1 << 9))
}
eventually catches
kill -USR1 $pub
eventually has_lines err 1
kill -USR1 $pub
eventually has_lines err 2
streamx-sub x >got &
echo one >first
kill -USR1 $pub
eventually has_lines err 3
echo two >second
ended pub $pub
wait
cat got
sed -E 's/, .*//' err

streamx-pub x first &
pub=$!
eventually catches
kill -TERM $pub
ended "pub TERM" $pub 2>/dev/null
