#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# programs.sh DIRECTORY-OF-PROGRAMS: the programs on a file system that is full, and beside another
# user. In a mount namespace of its own, with a small tmpfs; skipped (77) where that is not
# permitted. Other users are there for root alone.
set -euo pipefail

if [[ ${2-} != inside ]]; then
    enter=(unshare --mount)
    ((EUID == 0)) || enter=(unshare --mount --map-root-user)
    "${enter[@]}" mount -t tmpfs -o size=64k none /mnt 2>/dev/null || exit 77
    exec "${enter[@]}" "$0" "$1" inside "$EUID"
fi
user=$3
PATH=$(cd "$1" && pwd):$PATH
work=$(mktemp -d)
trap 'exec 3>&-; kill -KILL $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
mount -t tmpfs -o size=1m,mode=1777 none /mnt
export STREAMX_DIR=/mnt
cd "$work"

# expect STATUS WORDS COMMAND...: it ends with that status, and its message has these words in it.
expect() {
    local status=0
    "${@:3}" </dev/null >out 2>err || status=$?
    if [[ $status != "$1" ]] || ! grep -q "$2" err; then
        echo "${*:3}: exit $status instead of $1: $(<err)"
        exit 1
    fi
}
until_true() {
    local give_up=$((SECONDS + 90))
    until "$@"; do
        ((SECONDS < give_up)) || exit 99
        sleep 0.01
    done
}
attached() { [[ $(streamx info -J "$1" 2>/dev/null) == *'"label"'* ]]; }

# A stream that does not fit.
expect 73 'No space left' streamx-pub -m 2M big
[[ -z $(ls /mnt) ]]

# One that does has its memory, whatever happens to the rest.
mkfifo in
streamx-sub full >got &
sub=$!
streamx-pub -s 8 -m 4K full <in &
pub=$!
exec 3>in
until_true attached full
dd if=/dev/zero of=/mnt/filler bs=4k 2>/dev/null && exit 1
expect 73 'No space left' streamx-pub -m 1 another
seq 5000 >lines
cat lines >&3
exec 3>&-
wait $pub
wait $sub
cmp lines got
rm /mnt/filler
[[ -z $(ls /mnt) ]]

# Two users who are not root.
((user == 0)) || exit 0
as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }
as 65534 test -x "$(command -v streamx-pub)" || exit 0
mkfifo his
# In a process of its own, so that it is what ends with us.
(exec setpriv --reuid 65534 --regid 65534 --clear-groups streamx-pub -m 1K his) <his &
pub=$!
exec 3>his
until_true test -e /mnt/streamx.his
expect 77 "belongs to" as 65533 streamx-sub his
expect 77 "belongs to" as 65533 streamx-pub -m 1K his
expect 77 "belongs to" streamx-sub his
expect 77 "belongs to" as 65533 streamx rm --force his
as 65534 streamx-sub his >got 3>&- &
sub=$!
until_true attached his
echo mine >&3
exec 3>&-
wait $pub
wait $sub
[[ $(<got) == mine ]]
[[ -z $(ls /mnt) ]]
