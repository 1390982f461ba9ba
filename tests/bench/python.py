#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python package beside what Python programs broadcast with today.

    python.py [--quick] [--rounds N] [--only WORD] [--json FILE]

Contestants: streamx; a ring with a flag byte for each reader, in shared memory, spinning with
sched_yield (our own writing of the scheme that inference servers use); multiprocessing's Pipe and
Queue, one for each reader; zmq PUB/SUB over ipc. They take turns, round by round, forwards and
backwards; a ratio is the median of those of the rounds, with the quartiles. Each receiver looks at
every message's number. PYTHONPATH names the built package. Nothing else should run meanwhile: the
load before and after is told, too. It takes about eight minutes; --quick one, with fewer contests.

scripts/plot draws what lies as MACHINE.json in tests/bench/results/python.
"""
import argparse
import asyncio
import json
import multiprocessing
import multiprocessing.shared_memory
import os
import platform
import select
import signal
import statistics
import struct
import sys
import tempfile
import time

import numpy

import streamx

NUMBER = struct.Struct("<q")
END = -1
FORK = multiprocessing.get_context("fork")


# ---- the contestants: made before the fork; then send() on one side, receiver(i) on the others ------


class Streamx:
    def __init__(self, size, slots, readers, spin=None):
        self.name, self.spin = f"bench-{os.getpid()}", spin
        self.producer = streamx.Producer(
            self.name, slots=slots, slot_size=size, min_consumers=readers, spin=spin
        )
        self.send = self.producer.put

    def receiver(self, _):
        consumer = streamx.Consumer(self.name, spin=self.spin)
        return lambda: next(consumer).data

    def close(self):
        pass

    def free(self):  # the last message is still in hand of readers that have gone
        self.producer.abandon()
        if self.name in streamx.list():
            streamx.remove(self.name)


class Spinning(Streamx):
    def __init__(self, size, slots, readers):
        super().__init__(size, slots, readers, spin=0.002)


class OnLoop(Streamx):
    """Its readers wait on an asyncio loop."""

    def receiver(self, _):
        loop = asyncio.new_event_loop()
        consumer = streamx.Consumer(self.name)
        return lambda: loop.run_until_complete(consumer.anext()).data


class FlagRing:
    """Slots with a flag for each reader: 0 the writer's, 1 the reader's."""

    def __init__(self, size, slots, readers):
        self.size, self.slots, self.readers = size, slots, readers
        self.stride = readers + 8 + size
        self.memory = multiprocessing.shared_memory.SharedMemory(
            create=True, size=slots * self.stride
        )
        self.buffer, self.at = self.memory.buf, 0

    def send(self, data):
        start, buffer = self.at * self.stride, self.buffer
        flags = slice(start, start + self.readers)
        while any(buffer[flags]):
            os.sched_yield()
        body = start + self.readers + 8
        buffer[body - 8 : body] = NUMBER.pack(len(data))
        buffer[body : body + len(data)] = data
        # One by one: a copy of several bytes may store them twice, and so set a flag again that its
        # reader has cleared in between.
        for flag in range(start, start + self.readers):
            buffer[flag] = 1
        self.at = (self.at + 1) % self.slots

    def receiver(self, i):
        buffer, at, before = self.buffer, 0, None

        def receive():
            nonlocal at, before
            if before is not None:
                buffer[before] = 0  # done with the one before
            start = at * self.stride
            while not buffer[start + i]:
                os.sched_yield()
            body = start + self.readers + 8
            (length,) = NUMBER.unpack_from(buffer, body - 8)
            before, at = start + i, (at + 1) % self.slots
            return buffer[body : body + length]

        return receive

    def close(self):
        pass

    def free(self):
        self.buffer = None
        self.memory.close()
        self.memory.unlink()


class Pipe:
    def __init__(self, size, slots, readers):
        self.pipes = [FORK.Pipe(duplex=False) for _ in range(readers)]

    def send(self, data):
        for _, to in self.pipes:
            to.send_bytes(data)

    def receiver(self, i):
        return self.pipes[i][0].recv_bytes

    def close(self):
        pass


class Queue:
    def __init__(self, size, slots, readers):
        self.queues = [FORK.Queue(maxsize=slots) for _ in range(readers)]

    def send(self, data):
        for queue in self.queues:
            queue.put(bytes(data))  # a thread of its own pickles it later

    def receiver(self, i):
        return self.queues[i].get

    def close(self):
        for queue in self.queues:
            queue.close()
            queue.join_thread()


class Zmq:
    def __init__(self, size, slots, readers):
        self.directory = tempfile.TemporaryDirectory()
        self.readers, self.slots, self.socket = readers, slots, None
        self.address = f"ipc://{self.directory.name}/bench"

    def send(self, data):
        if self.socket is None:
            import zmq

            self.socket = zmq.Context.instance().socket(zmq.XPUB)
            self.socket.set(zmq.SNDHWM, self.slots)
            self.socket.set(zmq.XPUB_VERBOSE, 1)  # each subscription is told, not only the first
            self.socket.set(zmq.XPUB_NODROP, 1)  # waits for a slow one, as the others do
            self.socket.bind(self.address)
            for _ in range(self.readers):
                self.socket.recv()
        self.socket.send(data)

    def receiver(self, _):
        import zmq

        socket = zmq.Context().socket(zmq.SUB)
        socket.set(zmq.RCVHWM, self.slots)
        socket.connect(self.address)
        socket.set(zmq.SUBSCRIBE, b"")
        return socket.recv

    def close(self):
        self.socket.close(linger=-1)


CONTESTANTS = {
    "streamx": Streamx,
    "flag ring": FlagRing,
    "Pipe": Pipe,
    "Queue": Queue,
    "zmq": Zmq,
}


# ---- rounds ----------------------------------------------------------------------------------------


def message(number, size):
    return NUMBER.pack(number) + bytes(size - NUMBER.size)


def receive_all(receive):
    """Every message, in order, up to the end."""
    expected = 0
    while True:
        data = receive()
        number, *_ = NUMBER.unpack_from(data)
        if number == END:
            return
        assert number == expected, (number, expected)
        expected += 1


def arrivals(receive):
    """When each message arrived, up to the end. What is made of it then is not its delay."""
    times = []
    while True:
        data = receive()
        now = time.perf_counter_ns()
        number, *_ = NUMBER.unpack_from(data)
        if number == END:
            return times
        assert number == len(times), (number, len(times))
        times.append(now)


def in_children(contestant, readers, run):
    """Forks the readers; gives what each returns, when asked for it."""
    results = FORK.SimpleQueue()

    def child(i):
        signal.alarm(120)
        results.put(run(contestant.receiver(i)))

    children = [FORK.Process(target=child, args=(i,)) for i in range(readers)]
    for process in children:
        process.start()
    return children, results


def free(contestant, children):
    for process in children:
        process.join()
        assert process.exitcode == 0
    if hasattr(contestant, "free"):
        contestant.free()


def rate(kind, size, slots, readers, seconds):
    """Messages a second, to each of the readers."""
    contestant = kind(size, slots, readers)
    children, results = in_children(contestant, readers, receive_all)
    data = bytearray(message(0, size))
    contestant.send(data)  # when everybody is there
    begun = time.perf_counter()
    count = 1
    while True:
        for _ in range(50):
            NUMBER.pack_into(data, 0, count)
            contestant.send(data)
            count += 1
        if time.perf_counter() - begun >= seconds:
            break
    contestant.send(message(END, size))
    for _ in children:
        results.get()
    taken = time.perf_counter() - begun
    contestant.close()
    free(contestant, children)
    return count / taken


def delay(kind, size, slots, seconds, every=0.0005):
    """The median delay of a message that is sent now and then, in microseconds: from before it is
    sent until it is in the receiver's hands."""
    contestant, sent = kind(size, slots, 1), []
    children, results = in_children(contestant, 1, arrivals)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        data = message(len(sent), size)
        sent.append(time.perf_counter_ns())
        contestant.send(data)
        if kind in (FlagRing, Spinning):  # who spins, spins between two messages
            until = time.perf_counter() + every
            while time.perf_counter() < until:
                pass
        else:
            time.sleep(every)
    contestant.send(message(END, size))
    delays = [arrived - at for at, arrived in zip(sent, results.get())]
    contestant.close()
    free(contestant, children)
    return statistics.median(delays[len(delays) // 10 :]) / 1000


def arrays(kind, size, seconds):
    """1 MiB arrays as objects, received, a second: streamx without a copy, the others pickled."""
    sent = numpy.zeros(size // 8)
    slots = 8
    if kind is Streamx:
        name = f"arrays-{os.getpid()}"
        producer = streamx.Producer(name, slots=slots, slot_size=size + 4096, min_consumers=1)
        send = producer.send

        def close():
            producer.abandon()
            if name in streamx.list():
                streamx.remove(name)
    else:
        queue = FORK.Queue(maxsize=slots) if kind is Queue else None
        pipe = FORK.Pipe(duplex=False)
        send = queue.put if queue else pipe[1].send
        close = bool
    results = FORK.SimpleQueue()

    def child():
        signal.alarm(120)
        receive = (
            streamx.Consumer(name).receive
            if kind is Streamx
            else queue.get if queue else pipe[0].recv
        )
        count = 0
        while (array := receive()) is not None:
            assert len(array) == size // 8 and array[-1] == 0
            count += 1
        results.put(count)

    process = FORK.Process(target=child)
    process.start()
    send(sent)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        send(sent)
    send(None)
    count = results.get()
    taken = time.perf_counter() - begun
    process.join()
    close()
    return count / taken


def processor_time(pid):
    """Seconds that all threads of a process have run."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as schedstat:
            total += int(schedstat.read().split()[0])
    return total / 1e9


def idle(kind, seconds):
    """How much of a processor a reader takes for which there has been nothing for a while."""
    contestant = kind(64, 8, 1)

    def run(receive):
        receive()
        receive()

    children, results = in_children(contestant, 1, run)
    contestant.send(message(0, 64))
    time.sleep(seconds / 3)
    begun, used = time.perf_counter(), processor_time(children[0].pid)
    time.sleep(seconds)
    used = processor_time(children[0].pid) - used
    share = used / (time.perf_counter() - begun) * 100
    contestant.send(message(END, 64))
    results.get()
    contestant.close()
    free(contestant, children)
    return share


def killed(kind, patience=2.0):
    """The longest send from the death of one of two readers on, in ms; None: it blocked for good.

    With one slot, so that the next send at once waits for the one that is dead.
    """
    contestant = kind(64, 1, 2)
    pids = FORK.SimpleQueue()

    def run(receive):
        pids.put(os.getpid())
        while NUMBER.unpack_from(receive())[0] != END:
            pass

    children, _ = in_children(contestant, 2, run)
    victim = pids.get()
    pids.get()
    longest = 0.0
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    try:
        begun, killed_at = time.perf_counter(), None
        while (now := time.perf_counter()) - begun < 0.3:
            if now - begun > 0.15 and killed_at is None:
                os.kill(victim, signal.SIGKILL)
                killed_at = now
            signal.setitimer(signal.ITIMER_REAL, patience)
            contestant.send(message(0, 64))
            if killed_at is not None and now - killed_at < 0.05:
                longest = max(longest, (time.perf_counter() - now) * 1e3)
    except (TimeoutError, BrokenPipeError, ConnectionError):
        longest = None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    for process in children:
        process.kill()
        process.join()
    if kind is Queue:
        for queue in contestant.queues:
            queue.cancel_join_thread()
    if hasattr(contestant, "free"):
        contestant.free()
    return longest


class Exit:
    """No contestant: how long it takes the kernel to end such a process, which nobody can beat."""


def exit_time():
    process = FORK.Process(target=signal.pause)
    process.start()
    descriptor = os.pidfd_open(process.pid)
    begun = time.perf_counter()
    process.kill()
    select.select([descriptor], [], [])
    taken = (time.perf_counter() - begun) * 1e3
    os.close(descriptor)
    process.join()
    return taken


# ---- the contests ----------------------------------------------------------------------------------


def plan(quick):
    """Name, unit, contestants, what to run."""
    seconds = 0.2
    for size in (64, 4096, 1 << 20):
        for slots in (8, 64, 256):
            for readers in (1, 4):
                if slots * size > 64 << 20 or (quick and (readers == 4 or slots == 8 or size == 4096)):
                    continue
                yield (
                    f"rate, {size} B, {slots} slots, {readers} readers",
                    "/s",
                    CONTESTANTS,
                    lambda kind, a=(size, slots, readers): rate(kind, *a, seconds),
                )
    for name, kinds in (
        ("parked", CONTESTANTS),
        ("spinning", {"streamx": Spinning, "flag ring": FlagRing}),
    ):
        yield f"delay, 64 B, {name}", "us", kinds, lambda kind: delay(kind, 64, 8, 2 * seconds)
    kinds = {name: CONTESTANTS[name] for name in ("streamx", "Pipe", "Queue")}
    yield "arrays of 1 MiB", "/s", kinds, lambda kind: arrays(kind, 1 << 20, 2 * seconds)
    kinds = {name: kind for name, kind in CONTESTANTS.items() if name != "Queue"}
    kinds["streamx on asyncio"] = OnLoop
    yield "idle reader", "% of a processor", kinds, lambda kind: idle(kind, 1.0)
    kinds = {"streamx": Streamx, "exit alone": Exit}
    yield (
        "longest send, one reader killed",
        "ms",
        kinds,
        lambda kind: exit_time() if kind is Exit else killed(kind),
    )
    kinds = {name: CONTESTANTS[name] for name in ("flag ring", "Queue")}
    yield "blocks when one reader is killed", "ms", kinds, lambda kind: killed(kind, 0.5)


BARS = (
    ("rate, 64 B, 64 slots, 1 readers", "flag ring", "at least", 1.0),
    ("rate, 64 B, 256 slots, 1 readers", "flag ring", "at least", 1.0),
    ("delay, 64 B, spinning", "flag ring", "at most", 0.5),
    ("arrays of 1 MiB", "Queue", "at least", 20.0),
    ("idle reader", None, "at most", 0.1),
    ("longest send, one reader killed", None, "at most", 5.0),
)


def quartiles(values):
    """{low, median, high}."""
    if len(values) < 2:
        return dict.fromkeys(("low", "median", "high"), values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"low": low, "median": median, "high": high}


def ratios(rounds):
    """Of streamx to each of the others, pair by pair."""
    return {
        kind: quartiles([a / b for a, b in zip(rounds["streamx"], values)])
        for kind, values in rounds.items()
        if "streamx" in rounds and kind != "streamx" and all(rounds["streamx"]) and all(values)
    }


def judge(results):
    """A bar is missed if the better quartile misses it."""
    for contest, beside, sense, bar in BARS:
        result = results.get(contest)
        if result is None or (beside and beside not in result["ratios"]):
            continue
        found = result["ratios"][beside] if beside else quartiles(result["rounds"]["streamx"])
        best = found["high"] if sense == "at least" else found["low"]
        name = f"{contest}, beside {beside}" if beside else contest
        yield {
            "name": f"Python: {name}",
            "found": found,
            "unit": "times" if beside else result["unit"],
            "sense": sense,
            "bar": bar,
            "met": best >= bar if sense == "at least" else best <= bar,
        }


def contest(kinds, run, rounds):
    """What each took, round by round; None: it blocked."""
    taken = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind in list(kinds) if number % 2 == 0 else reversed(list(kinds)):
            taken[kind].append(run(kinds[kind]))
    return taken


def machine(load):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "compiler": f"Python {platform.python_version()}",
        "load": [load, os.getloadavg()[0]],
    }


def shown(values):
    return "blocks" if None in values else format(statistics.median(values), ".4g")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer contests, three rounds of each")
    parser.add_argument("--rounds", type=int, default=0, help="of each contest; else 9")
    parser.add_argument("--only", default="", help="contests that begin with this")
    parser.add_argument("--json", help="where the results go")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 9)
    results, load = {}, os.getloadavg()[0]
    try:
        import zmq  # noqa: F401
    except ImportError:
        del CONTESTANTS["zmq"]
    for name, unit, kinds, run in plan(options.quick):
        if not name.startswith(options.only):
            continue
        taken = contest(kinds, run, rounds)
        results[name] = {"unit": unit, "rounds": taken, "ratios": ratios(taken)}
        print(f"{name} ({unit}):", ", ".join(f"{k} {shown(v)}" for k, v in taken.items()), flush=True)
    bars = list(judge(results))
    for bar in bars:
        found = "{median:.3g} ({low:.3g} to {high:.3g})".format(**bar["found"])
        verdict = "met" if bar["met"] else "MISSED"
        print(f"{bar['name']}: {found} {bar['unit']}, {bar['sense']} {bar['bar']:g}: {verdict}")
    if options.json:
        settings = {"rounds": rounds, "quick": options.quick}
        whole = {"machine": machine(load), "settings": settings, "contests": results, "bars": bars}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(whole, file, indent=1)


if __name__ == "__main__":
    main()
