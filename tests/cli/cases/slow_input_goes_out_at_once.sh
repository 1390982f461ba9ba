# SPDX-License-Identifier: MIT
# A line is delivered while the input is still open, and written while the output is still open.
. "$SUPPORT"

mkfifo input
streamx-pub x <input &
streamx-sub x >got &
exec 3>input
echo first >&3
eventually has_lines got 1
cat got
printf 'half' >&3
echo ' a line' >&3
eventually has_lines got 2
tail -n 1 got
field_is x publications 2 && echo "one publication each"
exec 3>&-
wait
