# SPDX-License-Identifier: MIT
# Of several publishers one keeps its turn: it is named as who is waited for, with who waits and for
# how long; also while those who wait do so by a descriptor, and are not known to.
. "$SUPPORT"

blamed() { # FILTER EXPECTED
    [[ $(streamx info -J x | jq -c ".waits_for | $1") == "$2" ]]
}
waited_long() { streamx info -J x | jq -e '.waits_for.seconds > 0.1' >/dev/null; }

mkfifo until
streamx-sub x >got &
sub=$!
hold_turn x lend <until &
holder=$!
exec 3>until
eventually blamed '[.who, .pid, .label, .state, .seconds]' "[\"turn\",$holder,\"hold_turn\",\"alive\",null]"
streamx info x | grep -c "^waited for  hold_turn (pid $holder), which has the turn and does not put$"
hold_turn x wait 3>&- &
waits=$!
eventually blamed '[.who, .pid, .others]' "[\"turn\",$holder,0]"
eventually waited_long
streamx info x |
    grep -cE "^waited for  hold_turn \(pid $waits\) has been waiting for its turn behind hold_turn \(pid $holder\) for [0-9]"
streamx list | grep -c "hold_turn (pid $holder) [0-9]"
streamx info -J x | jq -c '[.producers[] | [.has_turn, .waited_seconds > 0]] | sort'
kill -STOP $holder
eventually blamed '[.pid, .state]' "[$holder,\"stopped\"]"
streamx info x | grep -c "behind hold_turn (pid $holder, stopped) for"
kill -CONT $holder
exec 3>&-
ended holder $holder
ended waiter $waits
ended sub $sub
cat got
