# SPDX-License-Identifier: MIT
# -R: also after a subscriber was waited for, no two messages are nearer to each other
# than the rate says, but for what a timer may be late.
. "$SUPPORT"

gaps() { # MILLISECONDS: prints those that are too small
    awk -v least="$1" 'NR > 1 && ($1 - last) / 1e6 < least { print "only", ($1 - last) / 1e6, "ms" }
        { last = $1 }' got
}

mkfifo input
streamx-pub -R 20 --timestamps x <input &
exec 3>input
streamx-sub -f '%T\n' x >got 3>&- &
sub=$!
seq 2 >&3
eventually has_lines got 2
kill -STOP $sub
seq 3 5 >&3
waited_long() { streamx info -J x | jq -e '.waits_for.seconds > 0.2' >/dev/null; }
eventually waited_long
kill -CONT $sub
eventually has_lines got 5
echo "a subscriber stood still"
exec 3>&-
wait
gaps 49
wc -l <got
