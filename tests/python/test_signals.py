# SPDX-License-Identifier: MIT
"""Signals end every wait; one that waits is idle."""
import signal
import time

import pytest

import streamx
from conftest import PATIENCE, asleep, until

# What waits, where one message is in the only slot and has been taken. `a`: an AsyncStream of its own,
# with a value that nobody takes.
WAITS = {
    "put": "p.put(b'x')",
    "put with a timeout": "p.put(b'x', 3600)",
    "put_many": "p.put_many([b'x'])",
    "loan": "p.loan(1)",
    "send": "p.send(1)",
    "wait": "p.wait(streamx.ALONE)",
    "drain": "p.drain()",
    "close": "p.close()",
    "with": "p.__exit__(None, None, None)",
    "take": "c.take()",
    "next": "(c.ack(), c.next())",
    "next with a timeout": "c.next(3600)",
    "receive": "c.receive()",
    "iteration": "list(c)",
    "attach": "streamx.Consumer('absent')",
    "another thread's turn": "(threading.Thread(target=take, args=(c,)).start(), c.take())",
    "aput": "run(p.aput(b'x'))",
    "asend": "run(p.asend(1))",
    "await_for": "run(p.await_for(streamx.ALONE))",
    "adrain": "run(p.adrain())",
    "aclose": "run(p.aclose())",
    "anext": "run(c.anext())",
    "atake": "run(c.atake())",
    "areceive": "run(c.areceive())",
    "async for": "run(collect(c))",
    "aattach": "run(streamx.Consumer('absent', tap=True).aattach())",
    "AsyncStream.put": "run(a.put(1))",
    "AsyncStream.close": "run(a.close())",
    "async for over an AsyncStream": "run(collect(streamx.AsyncStream(c.name)))",
}

WAITER = """
    import asyncio, contextlib, streamx, sys, threading
    try:
        import uvloop
    except ImportError:
        uvloop = None

    def take(consumer):
        with contextlib.suppress(ConnectionError, ValueError):
            consumer.take()

    async def collect(source):
        return [value async for value in source]

    async def awaited(thing):
        return await thing

    def run(thing):
        factory = uvloop.new_event_loop if uvloop and sys.argv[1] == "uvloop" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(awaited(thing))

    for number, wait in enumerate(sys.stdin):
        p, c = streamx.Producer(f"s{number}"), streamx.Consumer(f"s{number}")
        a = streamx.AsyncStream(f"a{number}")
        p.send(1)
        c.receive()
        asyncio.run(a.put(1))
        try:
            print("ready", flush=True)
            eval(compile(wait, "<wait>", "eval"))  # eval of a str has Python end as by SIGINT
            print("came back", flush=True)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        for handle in (p, a):
            handle.abandon()
        c.close()
        for name in streamx.list():
            streamx.remove(name)
"""


def sleeps_in(pid, what):
    """Whether it is blocked in that system call, as far as the kernel tells."""
    with open(f"/proc/{pid}/wchan", encoding="ascii") as wchan:
        where = wchan.read()
    return asleep(pid) and (what in where or where in ("", "0"))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_ctrl_c_ends_every_wait(script, loop):
    """At its beginning, when the library waits, and later, when poll does: one signal is enough."""
    child = script(WAITER, loop, stdin=-1)
    for name, wait in WAITS.items():
        if loop == "uvloop" and "run(" not in wait:
            continue
        for moment in ("beginning", "poll"):
            child.stdin.write(wait + "\n")
            child.stdin.flush()
            assert child.stdout.readline() == "ready\n", name
            if moment == "poll" and name != "attach":  # which looks by and by
                until(lambda: sleeps_in(child.pid, "poll"))
            else:
                until(lambda: asleep(child.pid))
            child.send_signal(signal.SIGINT)
            assert child.stdout.readline() == "interrupted\n", (name, moment)
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 0


def test_signal_handler_may_use_the_handle(script):
    child = script(
        """
        import signal, streamx
        p, c = streamx.Producer("s"), streamx.Consumer("s")
        signal.signal(signal.SIGUSR1, lambda *_: p.put(b"from the handler"))
        signal.signal(signal.SIGUSR2, lambda *_: c.close())
        print("ready", flush=True)
        print(bytes(c.next()), flush=True)
        try:
            c.ack()
            c.next()
        except ValueError:
            print("closed", flush=True)
        p.abandon()
        if streamx.list():
            streamx.remove("s")
        """
    )
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGUSR1)
    assert child.stdout.readline() == "b'from the handler'\n"
    child.send_signal(signal.SIGUSR2)
    assert child.stdout.readline() == "closed\n"
    assert child.wait(PATIENCE) == 0


def test_what_a_handler_takes_ahead_is_not_lost(script):
    """A look at a message that its stream may take back finds out by taking the next one."""
    child = script(
        """
        import signal, streamx
        p = streamx.Producer("s", slots=4, slot_size=100, evict_after=3600)
        c = streamx.Consumer("s")
        p.put(b"first")
        first = c.take()
        def look(*_):
            p.put(b"second")
            print(bytes(first), flush=True)
        signal.signal(signal.SIGUSR1, look)
        print("ready", flush=True)
        print(bytes(c.take()), flush=True)
        p.abandon()
        c.close()
        if streamx.list():
            streamx.remove("s")
        """
    )
    assert child.stdout.readline() == "ready\n"
    until(lambda: sleeps_in(child.pid, "poll"))
    child.send_signal(signal.SIGUSR1)
    assert child.stdout.readline() == "b'first'\n"
    until(lambda: child.poll() is not None or sleeps_in(child.pid, "poll"))
    assert child.poll() == 0 and child.stdout.readline() == "b'second'\n"


# Who waits for a message that does not come.
IDLE = {
    "sync": "next(c)",
    "asyncio": "asyncio.run(awaited(c.anext()))",
    "AsyncStream": "asyncio.run(awaited(anext(aiter(streamx.AsyncStream(c.name)))))",
    "producer": "(p.put(b'x'), p.put(b'x'))",
    "put on a loop": "(p.put(b'x'), asyncio.run(awaited(p.aput(b'x'))))",
    "shared": "(q := streamx.Producer('q', shared=True), q.put(b'x'), q.put(b'x'))",
    "AsyncStream.put": "(a := streamx.AsyncStream('a'), [asyncio.run(a.put(i)) for i in range(2)])",
}
# The least that an interpreter does that looks around once a second.
BARE = "asyncio.run(by_and_by())"


def test_who_waits_uses_no_processor(script):
    """A thousandth of one, or twice what a bare second's sleep takes where that alone is as slow.

    All by turns, within the same six seconds, in which each looks around less than twice a second.
    """
    children = {
        who: script(
            """
            import asyncio, streamx, sys
            async def awaited(thing):
                return await thing
            async def by_and_by():
                while True:
                    await asyncio.sleep(1)
            p, c = streamx.Producer(sys.argv[1]), streamx.Consumer(sys.argv[1])
            print("ready", flush=True)
            eval(sys.argv[2])
            """,
            f"s{number}",
            wait,
        )
        for number, (who, wait) in enumerate({**IDLE, "bare": BARE}.items())
    }

    def used(child):
        with open(f"/proc/{child.pid}/schedstat", encoding="ascii") as schedstat:
            return int(schedstat.read().split()[0]) / 1e9

    def looks(child):
        with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
            return int(dict(line.split(":", 1) for line in status)["voluntary_ctxt_switches"])

    for child in children.values():
        child.stdout.readline()
        until(lambda c=child: sleeps_in(c.pid, "poll"))
    before, begun = {who: (used(child), looks(child)) for who, child in children.items()}, time.monotonic()
    # What a wait does once, as it gets long, is a millisecond where system calls are slow.
    time.sleep(6)
    taken = time.monotonic() - begun
    shares = {who: (used(child) - before[who][0]) / taken for who, child in children.items()}
    looked = {who: looks(child) - before[who][1] for who, child in children.items()}
    for child in children.values():
        child.kill()
        child.wait()
    for name in streamx.list():
        streamx.remove(name)
    bare = shares.pop("bare")
    assert max(shares.values()) < max(0.001, 2 * bare), (shares, bare)
    # One a second for signals, one every two for the other side's life, and a few by chance.
    assert max(looked.values()) < 2 * taken, looked
