# SPDX-License-Identifier: MIT
# Output that fails is told, with exit status 1; what could not be written goes to the next one.
. "$SUPPORT"

seq 5 | streamx-pub x &
pub=$!
streamx-sub x >/dev/full
echo "full: exit $?"
streamx-sub x >&-
echo "closed: exit $?"
streamx-sub x
echo "next: exit $?"
ended pub $pub
streamx-pub x <&-
echo "closed input: exit $?"
streamx-sub x &
sub=$!
seq 3 | streamx-pub -T x >/dev/full
echo "tee: exit ${PIPESTATUS[1]}"
wait $sub
echo "its sub: exit $?"
