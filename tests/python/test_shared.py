# SPDX-License-Identifier: MIT
"""Several producers on one stream; one that takes up where another died."""
import asyncio
import signal

import pytest

import streamx
from conftest import PATIENCE, until


def come_in(name, producers):
    """Waits until so many are there: a stream ends with the last one that leaves, so that nobody must
    leave before the others have come in."""
    until(lambda: streamx.inspect(name).producers == producers)


def test_several_processes_put_into_one_stream(fork):
    keeper = streamx.Producer("s", shared=True, slots=4, slot_size=64, min_consumers=1)

    def produce(k):
        with streamx.Producer("s", shared=True) as producer:
            for i in range(300):
                producer.send(k * 1000 + i)

    children = [fork(produce, k) for k in range(3)]
    come_in("s", 4)
    consumer = streamx.Consumer("s")  # before which nobody can have put everything
    keeper.close()
    got = []
    with pytest.raises(EOFError):
        while True:
            got.append(consumer.receive(PATIENCE))
    for k in range(3):
        assert [v - k * 1000 for v in got if v // 1000 == k] == list(range(300))
    assert [child.join() for child in children] == [0, 0, 0]


def test_who_is_there_is_told():
    one = streamx.Producer("s", shared=True, max_producers=2)
    two = streamx.Producer("s", shared=True)
    assert streamx.inspect("s").producers == 2
    infos = streamx.inspect_producers("s")
    assert len(infos) == 2 and not any(info.has_turn for info in infos)
    with pytest.raises(OSError):
        streamx.Producer("s", shared=True)
    with pytest.raises(FileExistsError):
        streamx.Producer("s")
    with pytest.raises(streamx.MessageTooLong):
        streamx.Producer("s", shared=True, slot_size="1M")
    one.close()
    two.close()


def test_one_that_dies_is_told_in_the_end(fork):
    keeper = streamx.Producer("s", shared=True, slots=4)
    consumer = streamx.Consumer("s")

    def produce():
        producer = streamx.Producer("s", shared=True)
        producer.put(b"1")
        signal.pause()

    child = fork(produce)
    assert bytes(consumer.next(PATIENCE)) == b"1"
    child.kill()
    keeper.put(b"2", PATIENCE)
    assert bytes(consumer.next()) == b"2"
    consumer.ack()
    keeper.close()
    with pytest.raises(streamx.ProducerDied):
        consumer.next(PATIENCE)


def test_stamps_and_resuming(fork):
    def produce():
        producer = streamx.Producer("s", resume=True, stamps=True, slots=4)
        for stamp in (10, 20):
            producer.stamp(stamp)
            producer.put(b"x")
        signal.pause()

    child = fork(produce)
    consumer = streamx.Consumer("s", patient=True, timeout=PATIENCE)
    assert consumer.next(PATIENCE).time_ns == 10
    assert consumer.next(PATIENCE).time_ns == 20
    child.kill()
    producer = streamx.Producer("s", resume=True, stamps=True)
    assert streamx.inspect("s").last_stamp == 20
    producer.stamp(30)
    producer.put(b"y", PATIENCE)
    message = consumer.next(PATIENCE)
    assert (message.seq, message.time_ns) == (3, 30)
    consumer.ack()
    producer.close()
    with pytest.raises(ValueError):
        streamx.Producer("t", stamps=True, timestamps=True)
    with pytest.raises(ValueError):
        streamx.Producer("t", max_producers=3)


def test_tasks_of_two_processes_put_into_one_async_stream(fork):
    stream = streamx.AsyncStream[int](min_consumers=1, slots=4)

    async def feed(first):
        async with stream:
            for i in range(100):
                await stream.put(first + i)

    keeper = streamx.Producer(stream.name, shared=True, min_consumers=1, slots=4)
    children = [fork(lambda k=k: asyncio.run(feed(k * 1000))) for k in range(2)]

    come_in(stream.name, 3)

    async def main():
        values = aiter(stream)  # before which nobody can have put everything
        keeper.close()
        return [value async for value in values]

    got = asyncio.run(main())
    assert sorted(got) == [*range(100), *range(1000, 1100)]
    assert [child.join() for child in children] == [0, 0]
