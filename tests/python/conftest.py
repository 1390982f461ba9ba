# SPDX-License-Identifier: MIT
"""What the tests share: a stream directory for each, which must be empty again afterwards, and other
processes. Tests wait for conditions, never for time to pass."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback

import pytest

PATIENCE = int(os.environ.get("STREAMX_PATIENCE", "60"))  # seconds, for what must happen
LONG = "STREAMX_LONG" in os.environ  # all the rounds
BRIEFLY = 0.02  # for what must not


@pytest.fixture(autouse=True)
def directory(monkeypatch):
    path = tempfile.mkdtemp(prefix="streamx-python.", dir="/dev/shm")
    monkeypatch.setenv("STREAMX_DIR", path)
    yield path
    left = os.listdir(path)
    shutil.rmtree(path)
    assert not left, f"left behind: {left}"


def until(condition):
    """Waits for a condition, and gives what it gives."""
    give_up = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.001)
    return value


class Child:
    """A forked process that runs a function, and is killed at the end of the test."""

    def __init__(self, run, *args):
        self.pid = os.fork()
        self.status = None
        if self.pid == 0:
            status = 1
            try:
                run(*args)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)

    def join(self):
        def ended():
            pid, self.status = os.waitpid(self.pid, os.WNOHANG)
            return pid

        if self.status is None:
            until(ended)
        return os.waitstatus_to_exitcode(self.status)

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            _, self.status = os.waitpid(self.pid, 0)


@pytest.fixture
def fork():
    children = []

    def start(run, *args):
        children.append(Child(run, *args))
        return children[-1]

    yield start
    for child in children:
        child.kill()


@pytest.fixture
def script():
    """Starts another Python with a program on its command line; killed at the end of the test."""
    started = []

    def start(text, *args, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("text", True)
        command = [sys.executable, "-c", textwrap.dedent(text), *map(str, args)]
        started.append(subprocess.Popen(command, **options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def asleep(pid, task=None):
    """Whether a process's main thread is blocked in a system call."""
    with open(f"/proc/{pid}/task/{task or pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"
