# SPDX-License-Identifier: MIT
# Standard input and output may be non-blocking, because somebody else who has them made them so:
# everything is waited for, and nothing is cut.
. "$SUPPORT"

cat >nonblocking.py <<'PYTHON'
import fcntl, os, subprocess, sys

def lines_through(command, close):
    """Runs it with a small non-blocking pipe as its standard output, read late."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    process = subprocess.Popen(command, stdout=writing)
    os.close(writing)
    close()
    with open(reading, "rb") as output:
        got = output.read()
    return process.wait(), got

def nothing():
    pass

status, got = lines_through(["streamx", "list", "-J"], nothing)
print("list:", status, got.count(b'"name"'), got.endswith(b"]\n"))
status, got = lines_through(["streamx", "list"], nothing)
print("list for people:", status, got.count(b"\n"))
status, got = lines_through(["streamx", "--help"], nothing)
print("help:", status, got == subprocess.run(["streamx", "--help"], capture_output=True).stdout)

reading, writing = os.pipe()
os.set_blocking(reading, False)
publisher = subprocess.Popen(["streamx-pub", "-T", "x"], stdin=reading, stdout=subprocess.PIPE)
subscriber = subprocess.Popen(["streamx-sub", "x"], stdout=open("got", "wb"))
with open(writing, "wb") as feed:
    feed.write(b"".join(b"%d\n" % n for n in range(9000)))
copy = publisher.stdout.read()
print("sub:", subscriber.wait(), os.path.getsize("got"))
print("pub:", publisher.wait(), len(copy))
PYTHON
mkfifo input
publishers=()
for n in {01..40}; do
    streamx-pub -W 0 "a stream with quite a long name, number $n" <input &
    publishers+=($!)
done
exec 3>input
for n in {01..40}; do
    eventually stream_exists "a stream with quite a long name, number $n"
done
python3 nonblocking.py 3>&-
exec 3>&-
wait "${publishers[@]}"
