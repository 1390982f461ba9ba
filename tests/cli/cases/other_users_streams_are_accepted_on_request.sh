# SPDX-License-Identifier: MIT
# --mode=0660 lets the group in, and --any-owner a subscriber read what another user publishes; what
# is in the way is said.
. "$SUPPORT"

if [[ $(id -u) != 0 ]]; then
    echo "only root can be several users" >&2
    exit 77
fi
needs setpriv
as() { # USER COMMAND...: of the group 60000
    setpriv --reuid="$1" --regid="$1" --groups=60000 "${@:2}"
}
chmod 1777 "$STREAMX_DIR"
chmod 755 "$STREAMX_DIR/.." "$PWD"
as 60001 test -x "$(command -v streamx-sub)" || exit 77

publish() { # OPTION...
    echo secret | setpriv --reuid=60001 --regid=60000 --clear-groups streamx-pub "$@" &
    eventually stream_exists x
}
publish --mode=0660 x
as 60002 streamx-sub x 2>&1
echo "another user's: exit $?"
streamx-sub x 2>&1
echo "another user's, by root: exit $?"
setpriv --reuid=60003 --regid=60003 --clear-groups streamx-sub --any-owner x 2>&1
echo "not of the group: exit $?"
as 60002 streamx info x | grep -c "^stream *x"
as 60002 streamx rm x 2>&1
echo "rm: exit $?"
as 60002 streamx-pub x </dev/null 2>&1
echo "pub: exit $?"
as 60002 streamx-sub --any-owner x
echo "accepted: exit $?"
wait
publish x
as 60002 streamx-sub --any-owner x 2>&1
echo "not allowed: exit $?"
as 60002 streamx info x 2>&1
echo "info: exit $?"
streamx-sub --any-owner x
echo "root may, if asked: exit $?"
wait
mkfifo "$STREAMX_DIR/streamx.fifo"
streamx-sub fifo 2>&1
streamx-sub --any-owner fifo 2>&1
echo "no stream: exit $?"
rm "$STREAMX_DIR/streamx.fifo"

# Publishers of several users share a stream, if they are asked to, and may write to it.
echo common | setpriv --reuid=60001 --regid=60000 --clear-groups streamx-pub -S --mode=0660 x &
eventually stream_exists x
echo other | as 60002 streamx-pub -S x 2>&1
echo "another user's, shared: exit $?"
echo other | setpriv --reuid=60003 --regid=60003 --clear-groups streamx-pub -S --any-owner x 2>&1
echo "not of the group: exit $?"
echo other | as 60002 streamx-pub -S --any-owner x &
producers() { [[ $(streamx info -J x | jq '.producers | length') == "$1" ]]; }
eventually producers 2
streamx-sub --any-owner x | sort
wait
streamx-pub --any-owner x 2>&1 | head -n 1
streamx gc --force >/dev/null

# What others have left is not theirs to replace.
echo left | setpriv --reuid=60001 --regid=60000 --clear-groups streamx-pub -W 0 -S --mode=0660 x &
put_one() { [[ $(streamx info -J x | jq .messages) == 1 ]]; }
eventually put_one
kill -KILL $!
wait $! 2>/dev/null
streamx-pub -S --any-owner x </dev/null 2>&1
echo "a dead one's: exit $?"
streamx gc --force >/dev/null
