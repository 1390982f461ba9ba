# SPDX-License-Identifier: MIT
# top draws on a terminal, and prints where the terminal can do nothing; q ends it, signals too.
. "$SUPPORT"

mkfifo input
streamx-pub -W 0 shown <input &
exec 3>input
eventually stream_exists shown

cat >on_terminal.py <<'PYTHON'
import fcntl, os, pty, signal, struct, sys, termios

def size(rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

def until(text):
    seen = b""
    while text not in seen:
        seen += os.read(fd, 65536)

term, end = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = term
    os.execvp("streamx", ["streamx", "top", "-i", "50ms"])
size(5, 30)
until(b"shown")
for rows, columns in ((1, 1), (40, 150), (3, 200)):
    size(rows, columns)
size(24, 100)
os.kill(pid, signal.SIGSTOP)
os.kill(pid, signal.SIGCONT)
if term != "dumb":
    os.write(fd, b"jjk ")
if end == "q":
    os.write(fd, b"q")
else:
    os.kill(pid, int(end))
try:
    while os.read(fd, 65536):
        pass
except OSError:
    pass
status = os.waitpid(pid, 0)[1]
print(term, end, "exit", os.WEXITSTATUS(status), "signal", os.WTERMSIG(status))
PYTHON
for term in xterm vt100 dumb nonsense; do
    python3 on_terminal.py $term q
done
python3 on_terminal.py xterm 15
python3 on_terminal.py dumb 2
streamx top -n 2 -i 50ms </dev/null | grep -c '^shown  '
streamx top -i 50ms </dev/null | head -n 1 | cut -d' ' -f1
echo "${PIPESTATUS[0]}"
exec 3>&-
wait
