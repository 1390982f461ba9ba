# SPDX-License-Identifier: MIT
"""Looking on without being waited for; memory that is taken when it is needed."""
import asyncio

import numpy
import pytest

import streamx
from conftest import PATIENCE


@pytest.fixture
def producer():
    producer = streamx.Producer("s", slots=8, slot_size="64K")
    yield producer
    producer.abandon()
    if "s" in streamx.list():
        streamx.remove("s")


def test_tap_sees_and_is_not_waited_for(producer):
    tap = streamx.Consumer("s", tap=True)
    reader = streamx.Consumer("s")
    assert streamx.inspect("s").consumers == 1
    producer.put(b"one")
    assert bytes(tap.next(PATIENCE)) == b"one"
    for i in range(100):
        producer.put(b"%d" % i, 0)
        reader.next()
        reader.ack()
    message = tap.next(PATIENCE)
    assert message.seq > 2 and int(bytes(message)) == message.seq - 2
    tap.ack()
    tap.close()


def test_what_a_tap_shows_stays(producer):
    tap = streamx.Consumer("s", tap=True)
    reader = streamx.Consumer("s")
    kept = []
    for i in range(20):
        producer.put(bytes([i]) * 5000)
        kept.append((tap.next(PATIENCE).data, i))
        reader.next()
        reader.ack()
    for data, i in kept:
        assert bytes(data) == bytes([i]) * 5000
    producer.send(numpy.arange(5))
    assert tap.receive(PATIENCE).tolist() == [0, 1, 2, 3, 4]


def test_message_of_a_tap_is_valid_until_the_next_call(producer):
    tap = streamx.Consumer("s", tap=True)
    streamx.Consumer("s")
    producer.put(b"one")
    producer.put(b"two")
    first = tap.take(PATIENCE)
    assert bytes(tap.take(PATIENCE)) == b"two"
    with pytest.raises(ValueError):
        bytes(first)


def test_tap_has_no_descriptor_and_waits_on_a_loop_all_the_same(producer):
    async def main():
        tap = streamx.Consumer("s", tap=True)
        with pytest.raises(OSError):
            tap.fileno()
        asking = asyncio.ensure_future(tap.anext(PATIENCE))
        await asyncio.sleep(0.01)
        producer.put(b"x")
        assert bytes(await asking) == b"x"
        with pytest.raises(TimeoutError):
            await tap.anext(0.02)

    asyncio.run(main())


def test_tap_that_is_patient_is_refused(producer):
    with pytest.raises(ValueError):
        streamx.Consumer("s", tap=True, patient=True)


def test_memory_is_taken_when_it_is_needed():
    producer = streamx.Producer("t", slots=4, slot_size="64M", reserve_size="4K")
    consumer = streamx.Consumer("t")
    producer.put(b"short")
    producer.put(bytes(1 << 20))
    producer.send(numpy.ones(1 << 17))
    with producer.loan(100_000) as view:
        view[:] = bytes(100_000)
    assert [len(consumer.next()) for _ in range(2)] == [5, 1 << 20]
    assert consumer.receive().sum() == 1 << 17
    assert len(consumer.next()) == 100_000
    with pytest.raises(streamx.MessageTooLong):
        producer.loan((64 << 20) + 1, 0)
    consumer.ack()
    producer.close()
