# SPDX-License-Identifier: MIT
# --share: one publisher whose --tee is read by nobody, and one whose input is silent, keep nobody else
# from publishing, however they read their input.
. "$SUPPORT"
needs dd

# a pipe that is full and stays open
mkfifo full input
exec 5<>full
dd if=/dev/zero of=full bs=4096 oflag=nonblock 2>/dev/null
printf hello >file

streamx-sub -f '%p\n' x >got &
sub=$!
exec 4<>input
streamx-pub -S -r x <input 4>&- 5>&- &
silent=$!
streamx-pub -S -r -T x <file >full 4>&- 5>&- &
raw=$!
streamx-pub -S -T x file >full 4>&- 5>&- &
whole=$!
eventually has_lines got 2
echo "what is not yet copied is published"
eventually field_is x producers 3
echo other | streamx-pub -S x 4>&- 5>&-
echo "another one: exit $?"
eventually has_lines got 3
printf later >&4
eventually has_lines got 4
cat got
cat <&5 >/dev/null 4>&- &
ended raw $raw
ended whole $whole
exec 4>&-
ended silent $silent
ended sub $sub
