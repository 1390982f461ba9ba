# SPDX-License-Identifier: MIT
"""What outlives a message: the message's own view raises, whatever was made of it keeps its bytes,
and neither holds anybody up who waits."""
import gc
import os
import threading
import weakref

import numpy
import pytest

import streamx
from conftest import PATIENCE

SIZE = 10000  # more than a page, and no multiple of one


def pattern(seed, size=SIZE):
    return bytes((seed * 7 + i * 13) % 251 for i in range(size))


@pytest.fixture
def pair(request):
    slots = getattr(request, "param", 2)
    producer = streamx.Producer("s", slots=slots, slot_size=SIZE)
    consumer = streamx.Consumer("s")
    yield producer, consumer
    consumer.close()
    producer.abandon()
    if "s" in streamx.list():
        streamx.remove("s")


def churn(producer, consumer=None, rounds=10):
    """Writes every slot of a stream again, taken by this consumer or one of its own."""
    with consumer or streamx.Consumer("s", start="new") as reader:
        for i in range(rounds):
            producer.put(pattern(200 + i), PATIENCE)
            reader.next()
            reader.ack()


def test_view_raises_after_its_message(pair):
    producer, consumer = pair
    producer.put(pattern(1))
    message = consumer.next()
    data = message.data
    assert data is message.data and data.readonly and data == pattern(1)
    producer.put(pattern(2))
    consumer.next()
    for look in (lambda: data[0], lambda: bytes(data), lambda: message.data, lambda: bytes(message)):
        with pytest.raises(ValueError):
            look()
    assert len(message) == SIZE and "acknowledged" in repr(message)


def test_view_cannot_be_written(pair):
    producer, consumer = pair
    producer.put(pattern(1))
    data = consumer.next().data
    with pytest.raises(TypeError):
        data[0] = 1
    array = numpy.frombuffer(data, numpy.uint8)
    assert not array.flags.writeable
    with pytest.raises(ValueError):
        array.flags.writeable = True


@pytest.mark.parametrize("pair", [1, 2, 16], indirect=True)
def test_slices_and_arrays_keep_their_bytes_while_the_ring_is_written_again(pair):
    producer, consumer = pair
    kept = []
    for i in range(20):
        producer.put(pattern(i), 0)
        message = consumer.next()
        kept.append((message.data[100:5000], numpy.frombuffer(message.data, numpy.uint8)))
        with pytest.raises(BlockingIOError):
            consumer.next(0)  # it waits: now everything is acknowledged
        assert streamx.inspect("s").acknowledged == i + 1
    consumer.close()
    churn(producer, rounds=40)
    for i, (part, array) in enumerate(kept):
        assert part == pattern(i)[100:5000] and array.tobytes() == pattern(i)


@pytest.mark.parametrize("pair", [4], indirect=True)
def test_kept_view_holds_its_slot_only_while_messages_keep_coming(pair):
    producer, consumer = pair
    for i in range(4):
        producer.put(pattern(i))
    array = numpy.frombuffer(consumer.next().data, numpy.uint8)
    consumer.next()
    assert streamx.inspect("s").acknowledged == 0  # in place still
    with pytest.raises(BlockingIOError):
        producer.put(pattern(4), 0)
    consumer.next()
    consumer.next()
    with pytest.raises(BlockingIOError):
        consumer.next(0)
    assert streamx.inspect("s").acknowledged == 4
    assert array.tobytes() == pattern(0)


@pytest.mark.parametrize("pair", [4], indirect=True)
def test_last_view_that_goes_acknowledges(pair):
    producer, consumer = pair
    for i in range(3):
        producer.put(pattern(i))
    part = consumer.next().data[1:]
    consumer.next()
    consumer.next()
    assert streamx.inspect("s").acknowledged == 0
    del part
    assert streamx.inspect("s").acknowledged == 2


@pytest.mark.parametrize("pair", [4], indirect=True)
def test_ack_is_seen_when_it_returns_although_there_are_views(pair):
    producer, consumer = pair
    producer.put(pattern(1))
    producer.put(pattern(2))
    first, second = consumer.take(), consumer.take()
    arrays = [numpy.frombuffer(m, numpy.uint8) for m in (first, second)]
    consumer.ack(first)
    assert streamx.inspect("s").acknowledged == 1
    assert second.data == pattern(2)  # in hand still
    consumer.ack()
    assert streamx.inspect("s").acknowledged == 2
    for i in range(8):
        producer.put(pattern(50 + i))
        consumer.next()
        consumer.ack()
    assert [a.tobytes() for a in arrays] == [pattern(1), pattern(2)]


def test_small_messages_of_one_page_are_kept_apart():
    producer = streamx.Producer("s", slots=8, slot_size=64)
    consumer = streamx.Consumer("s")
    kept = []
    for i in range(100):
        producer.put(b"%08d" % i)
        kept.append(consumer.next().data[:])
        if i % 3 == 0:
            consumer.ack()
    consumer.ack()
    producer.close()
    assert [bytes(k) for k in kept] == [b"%08d" % i for i in range(100)]


def test_views_of_a_batch():
    producer = streamx.Producer("s", slots=2)
    consumer = streamx.Consumer("s")
    producer.put_many([b"one", b"two", b"three"])
    parts = [consumer.next().data[:] for _ in range(3)]
    with pytest.raises(BlockingIOError):
        consumer.next(0)
    for i in range(4):
        producer.put(b"XXXXXXXXXXXXXXXXXXXXXX")
        consumer.next()
        consumer.ack()
    assert [bytes(p) for p in parts] == [b"one", b"two", b"three"]
    producer.close()


def test_views_survive_their_consumer_and_hold_no_seat(pair):
    producer, consumer = pair
    producer.put(pattern(1))
    message = consumer.next()
    part, own = message.data[5:], message.data
    consumer.close()
    assert streamx.inspect("s").consumers == 0
    with pytest.raises(ValueError):
        own[0]
    churn(producer)
    assert part == pattern(1)[5:]


def test_views_survive_a_consumer_that_is_dropped(pair):
    producer, _ = pair
    consumer = streamx.Consumer("s")
    producer.put(pattern(3))
    array = numpy.frombuffer(consumer.next().data, numpy.uint8)
    gone = weakref.ref(consumer)
    del consumer
    gc.collect()
    assert gone() is None
    churn(producer, pair[1])
    assert array.tobytes() == pattern(3)


def test_views_survive_the_producer(pair):
    producer, consumer = pair
    producer.put(pattern(4))
    part = consumer.next().data[:]
    producer.abandon()
    with pytest.raises(streamx.ProducerDied):
        consumer.next()
    consumer.close()
    assert part == pattern(4)


def test_array_made_of_a_loan_no_longer_reaches_the_stream(pair):
    producer, consumer = pair
    with producer.loan(SIZE) as view:
        array = numpy.frombuffer(view, numpy.uint8)
        array[:] = numpy.frombuffer(pattern(5), numpy.uint8)
    array[:] = 0
    assert bytes(consumer.next()) == pattern(5)
    assert not array.any()
    for i in range(6):
        with producer.loan(SIZE) as view:
            view[:] = pattern(i)
        assert bytes(consumer.next()) == pattern(i)
    array[:] = 7
    producer.abandon()
    assert array.sum() == 7 * SIZE


def test_array_made_of_a_discarded_loan_is_harmless(pair):
    producer, consumer = pair
    loan = producer.loan(SIZE)
    array = numpy.frombuffer(loan.data, numpy.uint8)
    loan.discard()
    producer.put(pattern(6))
    array[:] = 1
    assert bytes(consumer.next()) == pattern(6)


def test_forked_child_has_the_bytes(pair, fork):
    producer, consumer = pair
    producer.put(pattern(7))
    message = consumer.next()
    data, array = message.data, numpy.frombuffer(message.data, numpy.uint8)

    def look():
        assert array.tobytes() == pattern(7) and data[:10] == pattern(7)[:10]

    assert fork(look).join() == 0
    look()
    churn(producer, consumer)
    assert array.tobytes() == pattern(7)
    assert fork(lambda: None if array.tobytes() == pattern(7) else 1 / 0).join() == 0


def test_view_held_by_a_call_without_the_gil_stays():
    """A copy that is under way while another thread acknowledges: it is of what was there, or it is
    refused because it comes too late."""
    producer = streamx.Producer("big", slots=1, slot_size="4M")
    consumer = streamx.Consumer("big")
    sent = os.urandom(4 << 20)
    copies = []

    def copy(message):
        try:
            copies.append(bytes(message))
        except ValueError:
            pass

    for _ in range(10):
        producer.put(sent)
        message = consumer.take()
        copying = threading.Thread(target=copy, args=[message])
        copying.start()
        consumer.ack()
        producer.put(bytes(4 << 20))
        consumer.next()
        consumer.ack()
        copying.join()
    assert all(copy == sent for copy in copies)
    producer.close()


@pytest.mark.parametrize("pair", [4], indirect=True)
def test_consumer_that_waits_holds_nobody_up_by_what_it_keeps(pair):
    producer, consumer = pair
    producer.put(pattern(1))
    array = numpy.frombuffer(consumer.next(), numpy.uint8)
    waiting = threading.Thread(target=consumer.next)
    waiting.start()
    producer.drain(PATIENCE)
    assert array.tobytes() == pattern(1)
    producer.put(pattern(2))
    waiting.join(PATIENCE)
    assert array.tobytes() == pattern(1)


def test_view_raises_also_when_its_message_is_gone(pair):
    """And nothing is copied for it: what is kept by the variable of a loop costs nothing."""
    producer, consumer = pair
    mappings = set()
    for i in range(20):
        producer.put(pattern(i))
        data = consumer.next().data
        mappings.add(numpy.frombuffer(data, numpy.uint8).ctypes.data)
        assert data == pattern(i)
        with pytest.raises(BlockingIOError):
            consumer.next(0)
        with pytest.raises(ValueError):
            data[0]
    assert len(mappings) == 2  # one for each slot
    producer.put(pattern(1))
    data = consumer.take().data
    consumer.close()
    with pytest.raises(ValueError):
        data[0]


def test_view_of_a_message_and_a_consumer_that_are_gone_stays(pair):
    producer, other = pair
    producer.put(pattern(1))
    data = streamx.Consumer("s").next().data
    churn(producer, other)
    assert data == pattern(1)
