# SPDX-License-Identifier: MIT
# Not an exit status that looks like it: the parent sees a process that was ended by the signal, and
# by then the seat is free.
. "$SUPPORT"

# by_signal COMMAND...: prints on standard error which signal ended it
by_signal() { exec perl -e '$SIG{INT} = "DEFAULT"; system(@ARGV); print STDERR "signal ", $? & 127, "\n"' "$@"; }
child_of() { pgrep -P "$1" >child; }

mkfifo input
streamx-pub x <input &
pub=$!
(by_signal streamx-sub x) 2>signal &
sub=$!
exec 3>input
attached x 1
eventually child_of $sub
kill -TERM "$(<child)"
wait $sub
echo "sub: $(<signal)"
field_is x consumers 0 && echo "its seat is free"

(by_signal streamx-sub x) 2>signal 3>&- | true
echo "sub without a reader: $(<signal)"
field_is x consumers 0 && echo "its seat is free"
kill $pub
exec 3>&-
wait $pub 2>/dev/null

(by_signal streamx-pub x) </dev/null 2>signal &
pub=$!
eventually child_of $pub
eventually stream_exists x
kill -INT "$(<child)"
wait $pub
echo "pub: $(<signal)"
