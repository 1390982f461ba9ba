# SPDX-License-Identifier: MIT
# 73 if a live stream of that name exists, or no room, or no directory; 77 for what is not ours.
. "$SUPPORT"

mkfifo input
streamx-pub x <input &
pub=$!
exec 3>input
eventually stream_exists x
echo | streamx-pub x 2>err
echo "exists: ${PIPESTATUS[1]}"
sed "s/$pub/PID/" err
streamx-sub x 3>&- &
attached x 1
exec 3>&-
ended "the first" $pub

(
    ulimit -f 100 # blocks of 1024 bytes
    streamx-pub -m 1M x </dev/null 2>&1
    echo "file size limit: exit $?"
)
STREAMX_DIR=$PWD/nowhere streamx-pub x </dev/null 2>&1
echo "no directory: exit $?"
echo 'no stream' >"$STREAMX_DIR/streamx.foreign"
streamx-pub foreign </dev/null 2>&1
echo "pub of what is no stream: exit $?"
streamx-sub foreign 2>&1
echo "sub of what is no stream: exit $?"
rm "$STREAMX_DIR/streamx.foreign"
wait
