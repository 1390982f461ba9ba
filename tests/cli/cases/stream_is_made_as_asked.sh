# SPDX-License-Identifier: MIT
# -s, -m, -W and --mode reach the stream; the defaults are one slot, in which a line may be as long as 1G, for one subscriber, and
# four for raw input and for the lines of a file that may be published as they were read.
. "$SUPPORT"

show() {
    streamx-pub "$@" x </dev/null &
    eventually stream_exists x
    printf '%s slots of %s, for %s, mode %o\n' "$(peek x slots)" "$(peek x slot_size)" \
        "$(peek x min_consumers)" "$(peek x mode)"
    kill $!
    wait 2>/dev/null
}
show 2>/dev/null
show --slots=7 --max-size=3K --wait-consumers=2 --mode=666 2>/dev/null
umask 077
show -s 65536 -m 1 -W 4096 --mode=0660 2>/dev/null
show -r100 2>/dev/null

seq 3 >file
show_file() {
    streamx-pub "$@" x <file &
    eventually stream_exists x
    peek x slots
    kill $!
    wait 2>/dev/null
}
show_file 2>/dev/null
show_file -0 2>/dev/null
show_file -s 1 2>/dev/null
show_file --rate=1000 2>/dev/null
show_file -S 2>/dev/null
printf '\0\0\0\5right' >file # what is none would end it before it is looked at
show_file -L 2>/dev/null
