# SPDX-License-Identifier: MIT
# --oversize: a message longer than -m is left out and counted, or comes in pieces; the others are as
# they were, whatever the framing.
. "$SUPPORT"

publish() { # INPUT OPTION...
    local input=$1
    shift
    streamx-sub -d '|' x >got &
    streamx-pub -m 10 "$@" x <"$input" 2>pub.err
    echo "pub $*: exit $?: $(<pub.err)"
    wait
    echo "$(<got)"
}

printf '%s\n' one 0123456789 0123456789a two '' 0123456789abcdefghijklmnopqrst three >lines
printf 'and the last one has no newline' >>lines
publish lines --oversize=skip
publish lines --oversize=split
publish lines --oversize=split -v 2>&1 | grep -v 'created\|attached'
publish lines --oversize=fail
tr '\n' '\0' <lines >nuls
publish nuls -0 --oversize=skip
sed -z 's/\n/<>/g' lines >strings
publish strings -d '<>' --oversize=skip
publish strings -d '<>' --oversize=split
printf '\0\0\0\3one\0\0\0\x0b0123456789a\0\0\0\x190123456789abcdefghijklmno\0\0\0\0\0\0\0\3two' >prefixed
publish prefixed -L --oversize=skip
publish prefixed -L --oversize=split
printf '\0\0\0\3one\0\0\0\x0b012345' >cut
publish cut -L --oversize=skip
# In many reads.
{ seq 1000; seq 1000 | tr -d '\n'; echo; seq 1000; } >many
(while IFS= read -r -n 700 -d '' part || [[ $part ]]; do printf %s "$part"; done <many) |
    streamx-pub -m 100 --oversize=skip x 2>said &
streamx-sub x >got
wait
cat said
{ seq 1000; seq 1000; } | cmp - got && echo same
refused() { "$@" 2>&1 | head -n 1; }
refused streamx-pub --oversize=cut x
