# SPDX-License-Identifier: MIT
# Each framing brings every byte through: NULs, empty messages, no final delimiter, 300 kB of noise.
. "$SUPPORT"

# round_trip LABEL INPUT EXPECTED OPTION...
round_trip() {
    local label=$1 input=$2 expected=$3
    shift 3
    streamx-sub "$@" x >got &
    streamx-pub -m 1M "$@" x <"$input" || echo "$label: streamx-pub exit $?"
    wait $! || echo "$label: streamx-sub exit $?"
    same "$label" "$expected" got
}

# ended_by INPUT DELIMITER: the input with the delimiter that its last message lacks
ended_by() {
    cat "$1"
    printf %b "$2"
}

head -c 300000 /dev/urandom >noise
printf x >>noise # so that it ends with no delimiter
printf '\n\nline\n\0\0nul\0\n\r\n last' >hard
: >empty
for input in noise hard; do
    round_trip "line $input" $input <(ended_by $input '\n')
    round_trip "nul $input" $input <(ended_by $input '\0') -0
    round_trip "delimiter $input" $input <(ended_by $input li) -d li
    round_trip "escaped delimiter $input" $input <(ended_by $input '\n\0') --delimiter='\n\0'
    round_trip "raw $input" $input $input -r
    round_trip "raw=7 $input" $input $input --raw=7
    round_trip "whole $input" $input $input -w
done
round_trip "line empty" empty empty
round_trip "raw empty" empty empty -r
round_trip "whole empty" empty empty -w
{
    printf '\0\0\0\0'
    printf '\0\0\0\1\n'
    printf '\0\4\x93\xe1'
    cat noise
    printf '\0\0\0\3a\0b'
} >prefixed
round_trip "length-prefixed" prefixed prefixed -L
