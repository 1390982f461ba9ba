# SPDX-License-Identifier: MIT
# rm removes what is dead, and what lives only by force; gc shows first, and spares what lives.
. "$SUPPORT"

publisher() { # NAME: leaves its pid in `pid`, once it has published one line
    rm -f "$1.in"
    mkfifo "$1.in"
    streamx-pub -W 0 "$1" <"$1.in" 2>/dev/null &
    pid=$!
    exec {input}>"$1.in"
    echo kept >&$input
    eventually field_is "$1" published 1
}
killed() { # NAME
    publisher "$1"
    kill -KILL $pid
    wait $pid 2>/dev/null
}
plain() { sed -E 's/pid [0-9]+/pid N/'; }

publisher live
live=$pid
streamx rm live
echo "rm live: exit $?"
streamx rm -J live 2>/dev/null
killed dead
streamx list -J | jq -c '.[] | [.name, .state]'
streamx rm absent dead live 2>&1
echo "rm of several: exit $?"
streamx list --names
killed dead
killed dead2
streamx gc | plain
streamx gc -J
echo "still there: $(streamx list --names | sort | xargs)"
streamx-sub --no-wait dead2 2>/dev/null
streamx gc --force | plain
echo "left: $(streamx list --names | sort | xargs)"
streamx-sub live >got &
attached live 1
streamx rm --force live
echo "rm --force: exit $?"
streamx list --names
kill $live
wait 2>/dev/null
cat got
