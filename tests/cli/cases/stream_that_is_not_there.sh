# SPDX-License-Identifier: MIT
# 69 for a stream that is not there with --no-wait, or whose directory is not; 124 otherwise.
. "$SUPPORT"

streamx-sub --no-wait x
echo "exit $?"
STREAMX_DIR=$PWD/nowhere streamx-sub -t 60 x
echo "exit $?"
streamx-sub -q --no-wait x
echo "quiet: exit $?"
echo one | streamx-pub x &
eventually stream_exists x
streamx-sub --no-wait x
echo "there: exit $?"
wait
