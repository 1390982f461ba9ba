# SPDX-License-Identifier: MIT
# Where there are no streams, there is nothing to show or remove, and that is no failure.
. "$SUPPORT"

streamx list || echo "exit $?"
streamx list --names || echo "exit $?"
streamx list --json || echo "exit $?"
streamx gc || echo "exit $?"
streamx gc --force --json || echo "exit $?"
streamx top -n 1 </dev/null | sed 1d || echo "exit $?"
