# SPDX-License-Identifier: MIT
# top touches a terminal only where somebody looks and types there: not if its output goes elsewhere,
# not in the background; and it puts the terminal back however it ends.
. "$SUPPORT"

mkfifo input
streamx-pub -W 0 shown <input &
exec 3>input
eventually stream_exists shown

cat >terminal.py <<'PYTHON'
import os, pty, select, signal, sys, termios, time

def until(fd, text):
    seen = b""
    while text not in seen:
        seen += os.read(fd, 65536)
    return seen

def in_terminal(term, child):
    """The child of a terminal of its own; its descriptor, and how it was set before."""
    start, go = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = term
        os.read(start, 1) # not to change the terminal before it was looked at
        child()
        os._exit(99)
    before = termios.tcgetattr(fd)
    os.write(go, b"!")
    os.close(start)
    os.close(go)
    return pid, fd, before

def top(*arguments):
    os.execvp("streamx", ["streamx", "top", "-i", "50ms", *arguments])

# the output goes to a file: keys are not read, the terminal stays as it is
def to_file():
    os.dup2(os.open("shown", os.O_WRONLY | os.O_CREAT), 1)
    top()
pid, fd, before = in_terminal("xterm", to_file)
os.write(fd, b"q typed for somebody else\n")
while os.path.getsize("shown") < 2000 if os.path.exists("shown") else True:
    time.sleep(0.01)
print("to a file: unchanged", termios.tcgetattr(fd) == before)
os.kill(pid, signal.SIGTERM)
print("to a file: signal", os.WTERMSIG(os.waitpid(pid, 0)[1]))

# in a loop that reads its standard input
def in_loop():
    os.execvp("bash", ["bash", "-c",
        "while read -r line; do streamx top -n 1 | head -n 1 | cut -d' ' -f1; echo got $line; done < <(seq 3)"])
pid, fd, _ = in_terminal("xterm", in_loop)
seen = until(fd, b"got 3")
print("in a loop:", [seen.count(b"got %d" % n) for n in (1, 2, 3)])
os.waitpid(pid, 0)

# in the background of an interactive shell it goes on, and is not stopped
def in_background():
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i", "-c",
        "set -m; streamx top -n 3 -i 50ms & wait $!; echo status $?"])
pid, fd, _ = in_terminal("xterm", in_background)
print("in the background:", until(fd, b"status 0").count(b"shown") >= 3)
os.waitpid(pid, 0)

# however it ends, the terminal is as it was
def held():
    os.execvp("bash", ["bash", "-c", "trap : INT TERM HUP QUIT; streamx top -i 50ms; echo ended; read -r _"])
for term in ("xterm", "dumb"):
    for how in (b"q", b"\x03", b"\x1c", signal.SIGTERM, signal.SIGQUIT):
        pid, fd, before = in_terminal(term, held)
        until(fd, b"shown")
        if isinstance(how, bytes):
            while termios.tcgetattr(fd) == before:
                time.sleep(0.01)
            os.write(fd, how)
        else:
            os.killpg(os.tcgetpgrp(fd), how)
        until(fd, b"ended")
        print(term, how, "unchanged", termios.tcgetattr(fd)[3] == before[3])
        os.write(fd, b"\n")
        os.waitpid(pid, 0)

# Ctrl-Z gives it back, too; what starts it here does as a shell with job control
def suspended():
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        top()
    os.waitpid(pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    print("stopped", bool(termios.tcgetattr(0)[3] & termios.ICANON), flush=True)
    os.tcsetpgrp(0, pid)
    os.kill(pid, signal.SIGCONT)
    os.waitpid(pid, 0)
    os.tcsetpgrp(0, os.getpgrp())
    print("ended", flush=True)
    os._exit(0)
for term in ("xterm", "dumb"):
    pid, fd, _ = in_terminal(term, suspended)
    until(fd, b"shown")
    while termios.tcgetattr(fd)[3] & termios.ICANON:
        time.sleep(0.01)
    os.write(fd, b"\x1a")
    seen = until(fd, b"stopped ") + os.read(fd, 100)
    print(term, "given back", b"stopped True" in seen)
    while termios.tcgetattr(fd)[3] & termios.ICANON:
        time.sleep(0.01)
    os.write(fd, b"q")
    until(fd, b"ended")
    os.waitpid(pid, 0)
PYTHON
timeout $patience python3 terminal.py 3>&-
exec 3>&-
wait
