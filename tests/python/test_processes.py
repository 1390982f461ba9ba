# SPDX-License-Identifier: MIT
"""Other processes: forked ones, spawned ones, and those that are killed."""
import multiprocessing
import os
import signal
import threading

import numpy
import pytest

import streamx
from conftest import PATIENCE, asleep, until


def test_forked_child_gets_permission_error(fork):
    producer, consumer = streamx.Producer("s", slots=4), streamx.Consumer("s")
    producer.put(b"x")
    message = consumer.take()

    def use():
        calls = [
            lambda: producer.put(b"y"),
            producer.drain,
            producer.fileno,
            lambda: producer.loan(1),
            lambda: producer.wait(streamx.ROOM, 0),
            consumer.take,
            consumer.next,
            consumer.ack,
            consumer.receive,
            consumer.fileno,
            lambda: next(consumer),
        ]
        for call in calls:
            with pytest.raises(PermissionError):
                call()
        with pytest.raises(ValueError):
            message.data
        consumer.close()
        producer.close()

    assert fork(use).join() == 0
    producer.put(b"z")
    assert bytes(message) == b"x" and bytes(consumer.next()) == b"z"
    consumer.ack()
    producer.close()


def test_fork_while_another_thread_waits(fork):
    """The child's copy of the handle is not left locked by a thread that it does not have."""
    producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
    waiting = threading.Thread(target=consumer.next)
    waiting.start()
    until(lambda: asleep(os.getpid(), waiting.native_id))

    def use():
        with pytest.raises(PermissionError):
            consumer.next()
        consumer.close()

    assert fork(use).join() == 0
    producer.put(b"x")
    waiting.join()
    consumer.ack()
    producer.close()


def test_child_that_lives_on_keeps_nobody_alive(fork):
    """Its parent's death is seen although it inherited the objects, and views of them."""

    ours, theirs = os.pipe()

    def live_on(array):
        array.sum()
        os.close(theirs)
        os.read(ours, 1)  # until the test is over

    def parent():
        producer, consumer = streamx.Producer("s", slots=2), streamx.Consumer("t")
        array = numpy.frombuffer(consumer.next().data, numpy.uint8)
        with producer.loan(10):
            fork(live_on, array)
        os.close(theirs)
        producer.put(b"last")
        signal.pause()

    other = streamx.Producer("t")
    child = fork(parent)
    other.put(b"x")
    consumer = streamx.Consumer("s", timeout=PATIENCE)
    assert len(consumer.next()) == 10 and bytes(consumer.next()) == b"last"
    child.kill()
    with pytest.raises(streamx.ProducerDied):
        consumer.next(PATIENCE)
    assert other.wait(streamx.ALONE, PATIENCE)
    consumer.close()
    other.abandon()
    streamx.remove("t")
    os.close(theirs)
    os.close(ours)


def take_all(name, count, results):
    with streamx.Consumer(name, timeout=PATIENCE) as consumer:
        results.put([int(bytes(m)) for m in consumer])


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_multiprocessing(method):
    context = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    workers = [context.Process(target=take_all, args=("s", 500, results)) for _ in range(2)]
    with streamx.Producer("s", slots=8, min_consumers=2) as producer:
        for worker in workers:
            worker.start()
        for i in range(500):
            producer.put(b"%d" % i)
    assert [results.get(), results.get()] == [list(range(500))] * 2
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0


def test_killed_producer_is_seen_after_its_last_message(fork):
    def produce():
        producer = streamx.Producer("s", slots=4)
        producer.put_many([b"1", b"2", b"3"])
        signal.pause()

    child = fork(produce)
    consumer = streamx.Consumer("s", timeout=PATIENCE)
    assert bytes(consumer.next()) == b"1"
    child.kill()
    assert [bytes(consumer.next()), bytes(consumer.next())] == [b"2", b"3"]
    with pytest.raises(streamx.ProducerDied):
        consumer.next()
    consumer.close()


def test_killed_consumer_releases_a_blocked_put(fork):
    producer = streamx.Producer("s")

    def hold():
        consumer = streamx.Consumer("s")
        numpy.frombuffer(consumer.next().data, numpy.uint8)
        signal.pause()

    child = fork(hold)
    with streamx.Consumer("s", timeout=PATIENCE) as other:
        until(lambda: streamx.inspect("s").consumers == 2)
        producer.put(b"x")
        other.next()
        other.ack()
        with pytest.raises(TimeoutError):
            producer.put(b"y", 0.05)

        def kill():
            until(lambda: streamx.inspect("s").waiting_for == 1)
            child.kill()

        killing = threading.Thread(target=kill)
        killing.start()
        producer.put(b"y", PATIENCE)
        killing.join()
        other.next()
        other.ack()
    producer.close()


@pytest.mark.parametrize("kept", ["message", "view", "array", "loan", "loop"])
def test_interpreter_ends_with_everything_alive(script, kept):
    child = script(
        """
        import asyncio, numpy, streamx, sys
        p, c = streamx.Producer("s", slots=2), streamx.Consumer("s")
        p.put(b"x" * 5000)
        message = c.next()
        view = message.data[1:] if sys.argv[1] != "message" else None
        array = numpy.frombuffer(message.data, numpy.uint8)
        if sys.argv[1] == "loan":
            loan = p.loan(100)
            array = numpy.frombuffer(loan.data, numpy.uint8)
        if sys.argv[1] == "loop":
            async def main():
                global task
                task = asyncio.ensure_future(c.anext())
                await asyncio.sleep(0)
            loop = asyncio.new_event_loop()
            loop.run_until_complete(main())
        class Last:
            def __del__(self):
                assert array[-1] in (120, 0)
        sys.last = Last()
        """,
        kept,
        stderr=-1,
    )
    errors = child.communicate(timeout=PATIENCE)[1]
    assert child.returncode == 0, errors
    assert "Traceback" not in errors and "Fatal" not in errors
    if "s" in streamx.list():
        streamx.remove("s")


def test_resource_tracker_never_learns_of_our_files(script):
    child = script(
        """
        import multiprocessing, streamx
        from multiprocessing import resource_tracker
        def register(name, kind):
            raise SystemExit(f"registered {name}")
        resource_tracker.register = register
        with streamx.Producer("s") as p:
            c = streamx.Consumer("s")
            p.put(b"x")
            c.next()
            c.ack()
        print(resource_tracker._resource_tracker._fd)
        """
    )
    assert child.communicate(timeout=PATIENCE)[0] == "None\n" and child.returncode == 0
