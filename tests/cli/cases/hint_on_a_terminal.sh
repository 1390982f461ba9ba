# SPDX-License-Identifier: MIT
# Who publishes what is typed is told how to end it, before anything is typed and whatever the
# framing; who does not, is not.
. "$SUPPORT"
needs script

echo 'from a file' >file
typed() { # OPTION-OR-OPERAND...: what a terminal shows, and the subscriber
    streamx-sub x >got &
    printf 'typed\n' | script -qec "streamx-pub $*; echo exit \$?" typescript >/dev/null
    wait
    echo "$*:" "$(grep -oaE 'streamx-pub: [[:print:]]*|exit [0-9]+' typescript)"
    tr '\n' '|' <got
    echo
}
typed x
typed -0 x
typed -w x
typed -r x
typed x file -
typed -w x file -
typed -q x
typed x file
