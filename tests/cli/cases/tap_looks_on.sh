# SPDX-License-Identifier: MIT
# --tap: sees what goes by, is not counted and not waited for, and says what it missed. A user who
# may read a stream and not write is told of it.
. "$SUPPORT"

mkfifo input
streamx-pub --mode=0644 -s 2 x <input &
pub=$!
exec 3>input
streamx-sub x >all 3>&- &
sub=$!
attached x 1
echo first >&3
eventually field_is x published 1
streamx-sub --tap --from=oldest -J x >tapped 2>said 3>&- &
tap=$!
eventually has_lines tapped 1
echo "consumers: $(peek x consumers)"

# Nobody waits while it stands still.
kill -STOP $tap
eventually grep -q '^State:.T' /proc/$tap/status
for ((i = 2; i <= 11; i++)); do
    echo "line $i" >&3
    eventually field_is x published $i
done
kill -CONT $tap
eventually has_lines tapped 3
exec 3>&-
ended tap $tap
ended sub $sub
ended pub $pub
cat tapped said
wc -l <all

hold() { # OPTION...: a publisher of one message, whose input does not end
    streamx-pub "$@" x <input &
    pub=$!
    exec 3>input
    echo one >&3
    eventually field_is x published 1
}
kill_publisher() {
    kill -KILL $pub
    wait $pub 2>/dev/null
    exec 3>&-
}

# The counts and times of any subscriber, and its exit statuses.
streamx-sub --tap --no-wait x
echo "absent: exit $?"
streamx-sub --tap -q -t 50ms x
echo "absent for a while: exit $?"
hold -W 0
streamx-sub --tap -q --from=latest -n 1 -f '%s: %p\n' x
streamx-sub --tap -i 50ms x 2>said
echo "idle: exit $?"
cat said
kill_publisher
streamx-sub --tap -q --from=oldest x
echo "dead: exit $?"
streamx rm x

# Read, and not write.
if [[ $(id -u) == 0 ]] && command -v setpriv >/dev/null; then
    chmod 0755 .. . "$STREAMX_DIR"
    hold --mode=0644 -W 0
    as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    as_nobody "$(command -v streamx-sub)" x
    echo "reader: exit $?"
    as_nobody "$(command -v streamx-sub)" --tap -q --from=oldest -n 1 x
    chmod 0600 "$STREAMX_DIR/streamx.x"
    as_nobody "$(command -v streamx-sub)" --tap -q x
    echo "nobody: exit $?"
    kill_publisher
    streamx rm x
fi 2>&1 | sed 's/^streamx-sub: x: no permission to write.*--tap.*/may only look on: --tap/' >others
if [[ ! -s others ]]; then
    printf '%s\n' 'may only look on: --tap' 'reader: exit 77' one 'nobody: exit 77' >others
fi
cat others
