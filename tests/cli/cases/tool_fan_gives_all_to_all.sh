# SPDX-License-Identifier: MIT
# streamx fan: each command gets all of standard input; one that ends early or badly takes none of
# the others along, and the exit status tells of it.
. "$SUPPORT"

seq 100000 >lines
streamx fan 'cat >one' 'wc -l >two' 'head -n 2 >three' <lines
echo "all well: exit $?"
same "the first" lines one
cat two three

streamx fan 'cat >one' 'exit 5' 'kill -KILL $$' 'cat >four' <lines
echo "some badly: exit $?"
same "the others" lines one four
streamx fan --any false 'cat >one' <lines
echo "any: exit $?"
same "the one" lines one
streamx fan --any false 'exit 9' <lines
echo "not any: exit $?"
yes | streamx fan true 'head -n 1'
echo "all leave: exit $?"
streamx fan 'wc -c' </dev/null
echo "of nothing: exit $?"

head -c 300000 /dev/urandom >noise
streamx fan -r 'cat >one' 'cat >two' <noise
same "raw" noise one two
printf 'a\nb\0c\0' | streamx fan -s 8 -0 'tr "\0" "|"'
echo
printf '\0\0\0\2ab' | streamx fan --length-prefixed 'tail -c 2'
echo
seq 10 | streamx fan -m 1 'cat >one' 2>/dev/null
echo "too long: exit $?"
same "what came before" <(seq 9) one
streamx fan 2>err
echo "no commands: exit $?"
streamx fan --slots=0 cat 2>>err
echo "bad number: exit $?"
head -n 1 err

# a signal ends it, and what it has started
mkfifo input
streamx fan 'cat >one' 'echo $$ >pid; exec sleep 1000' <input 2>/dev/null &
fan=$!
exec 3>input
eventually test -s pid
has_stream() { [[ -n $(streamx list --names) ]]; }
eventually has_stream
kill -TERM $fan
ended "fan TERM" $fan 2>/dev/null
is_gone "$(<pid)" && echo "the command, too"
exec 3>&-
