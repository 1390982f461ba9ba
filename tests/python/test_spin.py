# SPDX-License-Identifier: MIT
"""Who is told to spin rehearses meanwhile what comes after a message: nobody notices but the clock."""
import os
import signal
import sys
import threading

import numpy
import pytest

import streamx
from conftest import PATIENCE, asleep, until

SPIN = 3600.0  # seconds; as long as it takes


class Interrupted(Exception):
    pass


@pytest.fixture
def pair(request, monkeypatch):
    """A producer, a consumer that spins, with one message in hand that was looked at in place, and a
    list: of what is done at the next rehearsals, one by one."""
    acts = []

    def rehearse(message):
        if acts:
            acts.pop(0)(message)

    monkeypatch.setattr("streamx._consumer._rehearse", rehearse)
    producer = streamx.Producer("s", slots=4, slot_size=100)
    consumer = streamx.Consumer("s", spin=getattr(request, "param", SPIN))
    producer.put(b"first")
    assert consumer.next().data == b"first"
    yield producer, consumer, acts
    consumer.close()
    producer.abandon()
    if "s" in streamx.list():
        streamx.remove("s")


@pytest.fixture
def interrupting():
    """SIGUSR1 raises Interrupted."""

    def handle(number, frame):
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, handle)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_message_comes_after_rehearsals(pair):
    producer, consumer, acts = pair
    seen = []
    acts += [
        lambda message: seen.append(message.data.readonly),
        lambda message: seen.append(message.seq),
        lambda message: producer.put(b"second"),
    ]
    message = consumer.next()
    assert (seen, message.data, message.seq) == ([True, 1], b"second", 2)
    for i in range(3, 20):
        producer.put(b"%d" % i, PATIENCE)  # all is acknowledged but what is in hand
        assert consumer.next().data == b"%d" % i
    assert streamx.inspect_consumers("s")[0].behind == 1


def test_rehearsal_shows_nothing(pair):
    producer, consumer, acts = pair
    kept = []

    def keep(message):
        kept.extend([message.data[:], numpy.asarray(message.data)])
        producer.put(b"second")

    acts.append(keep)
    assert consumer.next().data == b"second"
    for i in range(10):
        consumer.ack()  # else what is kept may hold its slot, as anybody's view
        producer.put(b"%d" % i, PATIENCE)
        assert consumer.next().data == b"%d" % i
    assert [len(thing) for thing in kept] == [0, 0]


@pytest.mark.parametrize("call", ["ack", "close"])
def test_rehearsed_message_goes_without_a_sound(pair, call):
    producer, consumer, acts = pair

    def interrupt(message):  # as a signal's handler would, before the rehearsal looks
        getattr(consumer, call)()
        assert message.data is None
        producer.put(b"second")

    acts.append(interrupt)
    if call == "close":
        with pytest.raises(ValueError, match="closed"):
            consumer.next()
    else:
        assert consumer.next().data == b"second"


def test_rehearsal_may_close_the_consumer(pair):
    _, consumer, acts = pair
    acts.append(lambda message: consumer.close())
    with pytest.raises(ValueError):
        consumer.next()


def test_exception_in_a_rehearsal_is_the_caller_s(pair):
    producer, consumer, acts = pair

    def fail(message):
        raise Interrupted

    acts.append(fail)
    with pytest.raises(Interrupted):
        consumer.next()
    producer.put(b"second")
    assert consumer.next().data == b"second"


def test_another_thread_gets_in_while_one_spins(pair):
    producer, consumer, acts = pair
    inside, other = threading.Event(), []

    def take():
        inside.set()
        other.append(bytes(consumer.next(PATIENCE)))

    thread = threading.Thread(target=take)
    acts += [
        lambda message: (thread.start(), inside.wait(PATIENCE)),
        lambda message: producer.put_many([b"second", b"third"]),
    ]
    mine = bytes(consumer.next(PATIENCE))
    thread.join(PATIENCE)
    assert sorted([mine, *other]) == [b"second", b"third"]


def test_views_that_the_caller_holds_are_all_there_are(pair):
    producer, consumer, acts = pair
    producer.put(b"second")
    view = consumer.next().data[:]
    acts.append(lambda message: pytest.fail("rehearsed beside a view"))
    with pytest.raises(TimeoutError):
        consumer.next(0.01)
    assert view == b"second"


def test_signal_ends_a_spin(pair, interrupting):
    _, consumer, acts = pair
    acts.append(lambda message: os.kill(os.getpid(), signal.SIGUSR1))
    with pytest.raises(Interrupted):
        consumer.next()


@pytest.mark.parametrize("who", ["consumer", "consumer that has spun in vain", "producer"])
def test_signal_ends_a_spin_without_rehearsals(interrupting, who):
    producer = streamx.Producer("s", min_consumers=2, spin=SPIN)
    consumer = streamx.Consumer("s", spin=SPIN)  # has nothing yet to rehearse with
    if "in vain" in who:
        with pytest.raises(TimeoutError):
            consumer.next(0.001)
    go = threading.Lock()
    go.acquire()

    def interrupt():  # once the main thread gives the interpreter away: it waits
        go.acquire()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(SPIN)
    with pytest.raises(Interrupted):
        go.release()
        producer.put(b"x") if who == "producer" else consumer.next()
    sys.setswitchinterval(before)
    thread.join()
    consumer.close()
    producer.abandon()
    if "s" in streamx.list():
        streamx.remove("s")


@pytest.mark.parametrize("pair", [0.001], indirect=True)
def test_spin_in_vain_ends_in_sleep(pair):
    producer, consumer, _ = pair
    got = []
    for text in (b"second", b"third"):  # spinning in rounds, and as the library does
        thread = threading.Thread(target=lambda: got.append(bytes(consumer.next(PATIENCE))))
        thread.start()
        until(lambda: asleep(os.getpid(), thread.native_id))
        producer.put(text)
        thread.join()
    assert got == [b"second", b"third"]


@pytest.mark.parametrize("pair", [1e300], indirect=True)
def test_spin_of_any_length(pair):
    producer, consumer, _ = pair
    for _ in range(2):
        with pytest.raises(TimeoutError):
            consumer.next(0.01)
    spinning = streamx.Producer("t", min_consumers=1, spin=1e300)
    with pytest.raises(TimeoutError):
        spinning.put(b"x", 0.01)
    spinning.abandon()
