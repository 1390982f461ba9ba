# SPDX-License-Identifier: MIT
# Several subscribers write to one pipe: no line is torn, whatever the sizes of lines and of writes.
. "$SUPPORT"

awk 'BEGIN { for (i = 1; i <= 60000; i++) printf "%d %s\n", i, substr("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 1, i % 40) }' >lines
head -c 20000 /dev/zero | tr '\0' y >>lines
echo >>lines

{
    streamx-sub x &
    streamx-sub -J x &
    streamx-sub -f '%s:%p\n' x &
    wait
} | LC_ALL=C sort >got &
streamx-pub -W 3 x <lines
echo "pub: exit $?"
wait
{
    cat lines
    awk '{ printf "{\"stream\":\"x\",\"seq\":%d,\"len\":%d,\"payload\":\"%s\"}\n", NR, length($0), $0 }' lines
    awk '{ printf "%d:%s\n", NR, $0 }' lines
} | LC_ALL=C sort >expected
same lines expected got
