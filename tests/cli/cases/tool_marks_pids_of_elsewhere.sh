# SPDX-License-Identifier: MIT
# A pid of another PID namespace means nobody here, or somebody else: it is marked.
. "$SUPPORT"

there=(unshare --pid --fork --kill-child --mount-proc)
((EUID == 0)) || there=(unshare --map-root-user "${there[@]:1}")
if ! "${there[@]}" true 2>/dev/null; then
    echo "no PID namespace permitted" >&2
    exit 77
fi
mkfifo input
"${there[@]}" bash -c 'streamx-sub far & wait' >got &
streamx-pub --wait-consumers=1 far <input &
publisher=$!
exec 3>input
attached far 1
streamx info far | grep -o 'pid [0-9]*.*, live' | sed "s/ $publisher,/ OURS,/"
streamx info far | grep -c '^ *[0-9]* elsewhere  *streamx-sub'
echo done >&3
exec 3>&-
wait
cat got
