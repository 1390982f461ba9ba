# SPDX-License-Identifier: MIT
# -w: all of standard input is one message, however it comes, and whatever its size.
. "$SUPPORT"

head -c 2000000 /dev/urandom >input
streamx-sub x >got &
streamx-pub -w x <input
wait
printf '\n' | cat input - >expected
same "from a file" expected got

streamx-sub -L x >got &
cat <input | streamx-pub -w x
wait
printf '\0\x1e\x84\x80' | cat - input >expected
same "from a pipe" expected got

streamx-sub -L x >got &
(read -r _ && streamx-pub -w x) < <(echo "first line" && cat input)
wait
same "the rest of a pipe" expected got

seq 3 >lines
streamx-sub -d '|' x >got &
(read -r _ && streamx-pub -w x) <lines
wait
echo "the rest of a file: $(<got)"
