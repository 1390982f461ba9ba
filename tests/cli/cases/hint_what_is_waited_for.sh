# SPDX-License-Identifier: MIT
# On a terminal, after a second of silence, it is said once what is waited for; elsewhere it is not.
. "$SUPPORT"
needs script

said() { # PATTERN: in the typescript
    grep -qsa "$1" typescript
}
show() { tr -d '\r' <typescript | grep -a '^streamx-'; }

mkfifo input
streamx-pub -W 0 words <input &
exec 4>input
eventually stream_exists words
script -qfec 'streamx-sub wrods; exit 0' typescript >/dev/null 4>&- &
eventually said yet
echo one | streamx-pub wrods
wait $!
show
exec 4>&-
rm typescript
script -qfec 'streamx-sub -n 1 lonely' typescript >/dev/null &
eventually said yet
echo two | streamx-pub lonely
wait $!
show

rm typescript
script -qfec 'streamx-pub -W 3 x <input' typescript >/dev/null &
exec 4>input
echo line >&4
eventually said waiting
streamx-sub x >got 4>&- &
attached x 1
pub=$(streamx info -J x | jq .pid)
kill -USR1 "$pub"
eventually said 'waiting for 2 more'
streamx-sub x >got 4>&- &
streamx-sub x >got 4>&- &
attached x 3
exec 4>&-
wait
show | sed 's/: 0 mess.*, 1 sub/: N, 1 sub/'
