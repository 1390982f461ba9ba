# SPDX-License-Identifier: MIT
# A message too long is never cut: the publisher names it and gives up, and subscribers get what was
# before it.
. "$SUPPORT"

# publish INPUT OPTION...
publish() {
    local input=$1
    shift
    streamx-sub -d '|' x >got 2>sub.err &
    streamx-pub -m 100 "$@" x <"$input" 2>pub.err
    echo "pub: exit $?: $(<pub.err)"
    ended sub $!
    echo "$(<sub.err)"
    echo "$(<got)"
}

{
    seq 3
    printf '%0101d\n' 0
    echo after
} >lines
publish lines
tr '\n' '\0' <lines >nuls
publish nuls -0
printf '\0\0\0\2ab\0\0\0\x65' >prefixed
publish prefixed -L

printf '%0100d' 0 >fits
publish fits -w
printf '%0101d' 0 >whole
streamx-pub -w -m 100 x <whole 2>&1
echo "pub: exit $?"
