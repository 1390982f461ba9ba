# SPDX-License-Identifier: MIT
"""Memory, mappings and descriptors stay as they are, however many messages come by."""
import asyncio
import gc
import os
import tracemalloc

import numpy

import streamx
from conftest import LONG

ROUNDS = 1_000_000 if LONG else 12_000


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def mappings():
    with open("/proc/self/maps", encoding="ascii") as maps:
        return sum(1 for _ in maps)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def growth(run):
    before = tracemalloc.get_traced_memory()[0]
    run()
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


def steady(run, most=256 << 10):
    """Runs it again and again: what leaks grows each time, what is kept for reuse only at first. It
    is traced from the beginning: else what is kept would be counted when it is made anew."""
    tracemalloc.start()
    run()
    gc.collect()
    first, maps, fds = resident(), mappings(), descriptors()
    grown = [growth(run) for _ in range(5)]
    tracemalloc.stop()
    assert min(grown) < 5_000, f"{grown} bytes of Python's"
    assert resident() - first < most + (2 << 20)
    assert mappings() - maps < 10 and descriptors() == fds


def test_messages_leave_nothing_behind():
    producer = streamx.Producer("s", slots=16, slot_size=128)
    consumer = streamx.Consumer("s")

    def run():
        for _ in range(ROUNDS // 10):
            for _ in range(10):
                producer.put(b"x" * 64)
            for _ in range(10):
                message = consumer.next()
                assert message.data[0] == 120 and bytes(message)
        consumer.ack()

    steady(run)
    producer.close()


def test_objects_and_kept_arrays_leave_nothing_behind():
    producer = streamx.Producer("s", slots=4, slot_size="64K")
    consumer = streamx.Consumer("s")
    sent = numpy.zeros(2000)

    def run():
        kept = []
        for i in range(ROUNDS // 40):
            producer.send([i, sent])
            kept.append(consumer.receive()[1])
            try:
                consumer.receive(0)
            except BlockingIOError:
                pass
            del kept[:-10]
        consumer.ack()

    steady(run)
    producer.close()


def test_handles_leave_nothing_behind():
    def run():
        for i in range(200):
            with streamx.Producer("s", slots=2) as producer:
                consumer = streamx.Consumer("s")
                producer.fileno()
                consumer.fileno()
                with producer.loan(10) as view:
                    view[:] = bytes(10)
                kept = numpy.frombuffer(consumer.next(), numpy.uint8)
                consumer.ack()
                consumer.close()
            assert not kept.any()
            try:
                streamx.Consumer("absent", timeout=0)
            except FileNotFoundError:
                pass

    steady(run)


def test_asyncio_leaves_nothing_behind():
    async def main():
        for _ in range(20):
            stream = streamx.AsyncStream[int](slots=2)

            async def feed():
                async with stream:
                    for i in range(100):
                        await stream.put(i)

            async def take():
                return [value async for value in stream]

            await asyncio.gather(take(), take(), feed())

    steady(lambda: asyncio.run(main()))
