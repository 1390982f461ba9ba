# SPDX-License-Identifier: MIT
# pv on both sides: a meter on the way in, a slow reader on the way out, which everybody waits for.
. "$SUPPORT"
needs pv

head -c 300000 /dev/urandom >noise
streamx-sub -r x | pv -q -L 1M >slow &
streamx-sub -r x >fast &
pv -n -f noise 2>percent | streamx-pub -r -W 2 x
echo "pub: exit ${PIPESTATUS[*]}"
wait
same "copies" noise slow fast
tail -n 1 percent
