# SPDX-License-Identifier: MIT
"""Bytes through Producer and Consumer: order, times, errors, options."""
import array
import errno
import math
import time

import numpy
import pytest

import streamx
from conftest import BRIEFLY


def pair(name="s", **options):
    return streamx.Producer(name, **options), streamx.Consumer(name, timeout=0)


def over(producer):
    """Ends the stream, whatever is left of it."""
    with pytest.raises(TimeoutError):
        producer.close(0)


def test_messages_come_in_order_and_iteration_ends_with_the_stream():
    producer, consumer = pair(slots=8)
    for data in (b"a", b"", b"ccc"):
        producer.put(data)
    over(producer)
    assert [(m.seq, bytes(m), len(m)) for m in consumer] == [(1, b"a", 1), (2, b"", 0), (3, b"ccc", 3)]
    with pytest.raises(EOFError):
        consumer.take()
    with pytest.raises(StopIteration):
        next(consumer)
    consumer.close()


def test_any_contiguous_buffer_can_be_put():
    producer, consumer = pair(slots=16)
    for data in (
        b"xy",
        bytearray(b"xy"),
        memoryview(b"xxy")[1:],
        array.array("H", [0x7978]),
        numpy.frombuffer(b"xy", numpy.uint8),
    ):
        producer.put(data)
        assert consumer.next().data == b"xy"
    with pytest.raises(TypeError):
        producer.put("text")
    with pytest.raises((BufferError, ValueError)):
        producer.put(memoryview(b"abcd")[::2])
    consumer.ack()
    producer.close()


def test_batch_is_one_publication():
    producer, consumer = pair()
    producer.put_many([b"a", bytearray(b"b"), b""])
    assert streamx.inspect("s").publications == 1
    assert [bytes(consumer.take()) for _ in range(3)] == [b"a", b"b", b""]
    consumer.ack()
    producer.put_many(m for m in (b"x",))
    assert bytes(consumer.next()) == b"x"
    with pytest.raises(ValueError):
        producer.put_many([])
    with pytest.raises(TypeError):
        producer.put_many([b"a", 1])
    consumer.ack()
    producer.close()


def test_timeouts_are_told_apart():
    producer, consumer = pair()
    with pytest.raises(BlockingIOError) as blocked:
        consumer.take(0)
    assert blocked.value.errno == errno.EAGAIN
    with pytest.raises(TimeoutError) as late:
        consumer.next(timeout=BRIEFLY)
    assert late.value.errno == errno.ETIMEDOUT
    producer.put(b"a", timeout=0)
    with pytest.raises(BlockingIOError):
        producer.put(b"b", timeout=0)
    with pytest.raises(TimeoutError):
        producer.put(b"b", BRIEFLY)
    with pytest.raises(TimeoutError):  # beyond the first short wait
        producer.drain(0.05)
    for wrong in (-1, -0.001, math.nan):
        with pytest.raises(ValueError):
            producer.put(b"b", wrong)
    with pytest.raises(TypeError):
        producer.put(b"b", "1")
    assert bytes(consumer.next(math.inf)) == b"a"
    consumer.ack()
    producer.put(b"c", 10**12)
    consumer.next()
    consumer.ack()
    producer.close()


def test_a_timeout_is_kept():
    _, consumer = pair()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        consumer.next(0.15)
    assert time.monotonic() - begun >= 0.15


def test_take_holds_several_and_ack_lets_them_go():
    producer, consumer = pair(slots=4)
    for data in b"abcd":
        producer.put(bytes([data]))
    first, second, third = (consumer.take() for _ in range(3))
    assert (first.data, second.data, third.data) == (b"a", b"b", b"c")
    with pytest.raises(BlockingIOError):
        producer.put(b"e", 0)
    consumer.ack(second)
    assert streamx.inspect("s").acknowledged == 2
    with pytest.raises(ValueError):
        first.data
    with pytest.raises(ValueError):
        bytes(second)
    assert third.data == b"c"
    producer.put(b"e", 0)
    consumer.ack(third.seq)
    consumer.ack(1)  # again
    with pytest.raises(ValueError):
        consumer.ack(5)
    with pytest.raises(ValueError):
        consumer.ack(0)
    consumer.close()
    over(producer)


def test_what_is_in_hand_goes_to_a_successor():
    producer, consumer = pair()
    producer.put(b"kept")
    assert consumer.next().data == b"kept"
    consumer.close()
    with streamx.Consumer("s") as successor:
        assert bytes(successor.next()) == b"kept"
        successor.ack()
    producer.close()


def test_loan_is_published_when_its_block_is_left():
    producer, consumer = pair(slots=2)
    with producer.loan(4) as view:
        assert len(view) == 4 and not view.readonly
        view[:] = b"lent"
        with pytest.raises(OSError) as busy:
            producer.put(b"x")
        assert busy.value.errno == errno.EBUSY
    assert bytes(consumer.next()) == b"lent"
    with pytest.raises(ValueError):
        view[0] = 1
    with pytest.raises(ZeroDivisionError):
        with producer.loan(4):
            1 / 0
    loan = producer.loan(100)
    loan.data[:2] = b"ab"
    loan.publish(2)
    with pytest.raises(ValueError):
        loan.publish(2)
    loan.discard()
    assert bytes(consumer.next()) == b"ab"
    producer.loan(1)  # dropped
    with producer.loan(0):
        pass
    assert bytes(consumer.next()) == b""
    with pytest.raises(streamx.MessageTooLong):
        producer.loan(65537)
    with pytest.raises(ValueError):
        producer.loan(10).publish(11)
    consumer.ack()
    producer.close()


def test_too_long_is_found_before_anything_is_waited_for():
    producer, _ = pair(slot_size=8)
    producer.put(b"full")
    with pytest.raises(streamx.MessageTooLong) as failure:
        producer.put(b"123456789")
    assert isinstance(failure.value, ValueError) and failure.value.errno == errno.EMSGSIZE
    over(producer)


def test_errors_are_python_s():
    producer = streamx.Producer("s", type="t")
    with pytest.raises(FileExistsError):
        streamx.Producer("s")
    with pytest.raises(FileNotFoundError):
        streamx.Consumer("absent", timeout=0)
    with pytest.raises(TimeoutError):
        streamx.Consumer("absent", timeout=BRIEFLY)
    with pytest.raises(streamx.TypeMismatch) as mismatch:
        streamx.Consumer("s", type="u")
    assert mismatch.value.errno == errno.EPROTOTYPE
    for name in ("a/b", "", ".a", "a\0b", "x" * 201):
        with pytest.raises(ValueError):
            streamx.Producer(name)
        with pytest.raises(ValueError):
            streamx.Consumer(name, timeout=0)
    for options in (
        {"slots": -1},
        {"slots": 2**32},
        {"slots": 65537},
        {"slot_size": "8Q"},
        {"slot_size": "2G"},
        {"mode": 0o4000},
        {"spin": -1},
        {"evict_after": -1},
        {"type": "x" * 64},
    ):
        with pytest.raises(ValueError):
            streamx.Producer("t", **options)
    with pytest.raises(ValueError):
        streamx.Consumer("s", start="middle")
    with pytest.raises(TypeError):
        streamx.Consumer(5)
    with pytest.raises(TypeError):
        streamx.Producer("t", slot=5)
    assert streamx.list() == ["s"]
    producer.close()
    assert streamx.list() == []


def test_full_file_system_is_an_error():
    with pytest.raises(OSError) as full:
        streamx.Producer("s", slots=65536, slot_size="1G")
    assert full.value.errno in (errno.ENOSPC, errno.EFBIG, errno.ENOMEM)


def test_closed_handles_say_so():
    producer, consumer = pair()
    message = None
    producer.put(b"x")
    message = consumer.next()
    consumer.close()
    consumer.close()
    with pytest.raises(ValueError):
        message.data
    for call in (consumer.take, consumer.next, consumer.ack, consumer.fileno, consumer.receive):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(ValueError):
        next(consumer)
    assert consumer.closed and not producer.closed
    producer.abandon()
    producer.close()
    for call in (lambda: producer.put(b""), producer.drain, producer.fileno, lambda: producer.loan(1)):
        with pytest.raises(ValueError):
            call()
    assert producer.closed and "closed" in repr(producer) and "closed" in repr(consumer)
    streamx.remove("s")


def test_block_left_by_its_end_closes_and_by_an_exception_abandons():
    with streamx.Producer("s", slots=2) as producer:
        consumer = streamx.Consumer("s")
    with pytest.raises(EOFError):
        consumer.next()
    with pytest.raises(ZeroDivisionError):
        with streamx.Producer("s", slots=2) as producer:
            consumer = streamx.Consumer("s")
            producer.put(b"last")
            1 / 0
    assert bytes(consumer.next()) == b"last"
    with pytest.raises(streamx.ProducerDied) as died:
        consumer.next()
    assert isinstance(died.value, ConnectionError) and died.value.errno == errno.EOWNERDEAD
    with pytest.raises(streamx.ProducerDied):
        for _ in consumer:
            pass
    consumer.close()


def test_dropped_producer_is_a_crash():
    producer, consumer = pair()
    del producer
    with pytest.raises(streamx.ProducerDied):
        consumer.next()


def test_events_can_be_waited_for():
    producer = streamx.Producer("s")
    assert producer.wait(streamx.ROOM | streamx.DRAINED) == streamx.ROOM | streamx.DRAINED
    with pytest.raises(BlockingIOError):
        producer.wait(streamx.ATTACHED, 0)
    with pytest.raises(ValueError):
        producer.wait(0)
    with pytest.raises(ValueError):
        producer.wait(-1)
    consumer = streamx.Consumer("s")
    assert producer.wait(streamx.ATTACHED) is streamx.ATTACHED
    assert producer.fileno() >= 0 and producer.fileno(streamx.ALONE) == producer.fileno()
    assert consumer.fileno() >= 0
    consumer.close()
    assert producer.wait(streamx.ALONE) == streamx.ALONE
    producer.close()


def test_pipe_breaks_when_everybody_has_gone():
    producer, consumer = pair(pipe=True)
    producer.put(b"x")
    consumer.close()
    with pytest.raises(BrokenPipeError):
        producer.put(b"y")
    with pytest.raises(BrokenPipeError):
        producer.close()
    assert producer.closed


def test_starts():
    producer = streamx.Producer("s", slots=4)
    with streamx.Consumer("s") as first:
        for data in (b"a", b"b", b"c"):
            producer.put(data)
        first.next()
        first.next()
        assert bytes(streamx.Consumer("s", start="latest").next()) == b"c"
        assert bytes(streamx.Consumer("s", start="oldest").next()) == b"a"
        newest = streamx.Consumer("s", start="new")
        producer.put(b"d")
        assert bytes(newest.next()) == b"d"
        newest.ack()
    producer.close()


def test_stream_is_made_as_asked_and_inspected():
    begun = time.monotonic_ns()
    producer = streamx.Producer(
        "s",
        slots=3,
        slot_size="1K",
        min_consumers=1,
        max_consumers=5,
        mode=0o660,
        timestamps=True,
        evict_after=60,
        spin=0,
        type="t",
    )
    consumer = streamx.Consumer("s", type="t", label="reader", spin=0.001)
    producer.put(b"12345")
    message = consumer.next()
    assert begun < message.time_ns < time.monotonic_ns()
    info = streamx.inspect("s")
    assert (info.name, info.type, info.state) == ("s", "t", streamx.StreamState.LIVE)
    assert (info.slots, info.slot_size, info.min_consumers, info.max_consumers) == (3, 1024, 1, 5)
    assert (info.mode, info.evict_after_ns, info.timestamps) == (0o660, 60 * 10**9, True)
    assert (info.published, info.bytes, info.consumers) == (1, 5, 1)
    (seat,) = streamx.inspect_consumers("s")
    assert (seat.label, seat.behind, seat.state) == ("reader", 1, streamx.ConsumerState.ALIVE)
    with pytest.raises(FileNotFoundError):
        streamx.inspect("absent")
    with pytest.raises(OSError):
        streamx.remove("s")
    streamx.remove("s", force=True)
    assert streamx.list() == []
    consumer.close()
    over(producer)


def test_min_consumers_are_waited_for():
    producer = streamx.Producer("s", min_consumers=2)
    one = streamx.Consumer("s")
    with pytest.raises(BlockingIOError):
        producer.put(b"x", 0)
    two = streamx.Consumer("s")
    producer.put(b"x", 0)
    assert bytes(one.next()) == bytes(two.next()) == b"x"
    one.ack()
    two.ack()
    producer.close()


@pytest.fixture
def laggard():
    """A consumer that has one message in hand, beside one that is done with it, and a put of others
    that returns when the laggard has been thrown out."""
    producer, consumer = pair(evict_after=0.02)
    brisk = streamx.Consumer("s")

    def overwrite():
        brisk.next()
        brisk.ack()
        producer.put(b"other")
        brisk.next()
        brisk.ack()
        producer.put(b"third")

    producer.put(b"first")
    yield consumer, overwrite
    consumer.close()
    brisk.close()
    over(producer)


def test_slow_consumer_is_evicted_and_told(laggard):
    consumer, overwrite = laggard
    kept = consumer.next().data
    overwrite()
    assert kept == b"first"  # a copy, in a stream that may take the slot back
    with pytest.raises(streamx.Evicted) as evicted:
        consumer.ack()
    assert isinstance(evicted.value, ConnectionError) and evicted.value.errno == errno.ESTALE
    with pytest.raises(streamx.Evicted):
        consumer.next()


def test_evicted_consumer_never_sees_what_came_after(laggard):
    consumer, overwrite = laggard
    message = consumer.take()  # and not looked at before the slot was taken back
    overwrite()
    for look in (lambda: message.data, lambda: bytes(message)):
        with pytest.raises(streamx.Evicted):
            look()


def test_handles_cannot_be_pickled():
    import pickle

    producer, consumer = pair()
    for handle in (producer, consumer):
        with pytest.raises(TypeError):
            pickle.dumps(handle)
    producer.close()
