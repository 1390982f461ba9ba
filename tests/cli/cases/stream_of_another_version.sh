# SPDX-License-Identifier: MIT
# A stream that programs of another version made is named as such by everybody, is neither waited
# for nor removed nor replaced, and its own programs are not disturbed.
. "$SUPPORT"

mkfifo input
streamx-pub -W 0 x <input &
pub=$!
streamx-sub x >got &
sub=$!
exec 3>input
attached x 1
version() { printf "$1" | dd of="$STREAMX_DIR/streamx.x" bs=1 seek=8 conv=notrunc status=none; }
version '\377'

try() {
    "$@" 2>&1 3>&-
    echo "$1 $2: exit $?"
}
try streamx-sub x
try streamx-sub --no-wait x
try streamx info x
try streamx list
try streamx list --json
try streamx rm x
try streamx rm --json x
try streamx gc
try streamx gc --force
echo | try streamx-pub x

echo goes on >&3
exec 3>&-
ended pub $pub
ended sub $sub
cat got
