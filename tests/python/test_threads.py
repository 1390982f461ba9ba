# SPDX-License-Identifier: MIT
"""Threads: several on one handle take turns, also while one of them waits."""
import os
import threading

import numpy
import pytest

import streamx
from conftest import PATIENCE, asleep, until


class Thread(threading.Thread):
    """One that keeps what its function gives or raises, and is waited for."""

    def __init__(self, function, *args):
        super().__init__(daemon=True)
        self.function, self.args, self.value, self.failure = function, args, None, None
        self.start()

    def run(self):
        try:
            self.value = self.function(*self.args)
        except BaseException as failure:
            self.failure = failure

    def result(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        if self.failure:
            raise self.failure
        return self.value

    def waits(self):
        until(lambda: self.native_id and asleep(os.getpid(), self.native_id))
        return self


def test_several_threads_share_a_consumer():
    producer = streamx.Producer("s", slots=4)
    consumer = streamx.Consumer("s")

    def take():
        got = []
        while True:
            try:
                got.append(consumer.receive())
            except EOFError:
                return got

    threads = [Thread(take) for _ in range(3)]
    for i in range(3000):
        producer.send(i)
    producer.close()
    results = [thread.result() for thread in threads]
    assert sorted(sum(results, [])) == list(range(3000))
    assert all(got == sorted(got) for got in results)


def test_several_threads_share_a_producer():
    producer = streamx.Producer("s", slots=4)
    consumer = streamx.Consumer("s")
    threads = [Thread(lambda k=k: [producer.send((k, i)) for i in range(500)]) for k in range(3)]
    got = [consumer.receive() for _ in range(1500)]
    consumer.ack()
    for thread in threads:
        thread.result()
    for k in range(3):
        assert [i for j, i in got if j == k] == list(range(500))
    producer.close()


def test_close_ends_another_thread_s_wait():
    producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
    producer.put(b"x")
    putting = Thread(producer.put, b"y").waits()
    producer.abandon()
    with pytest.raises(ValueError):
        putting.result()
    consumer.next()
    consumer.ack()
    consumer.close()
    producer = streamx.Producer("t")
    consumer = streamx.Consumer("t")
    taking = Thread(consumer.next).waits()
    consumer.close()
    with pytest.raises(ValueError):
        taking.result()
    producer.close()


def test_ack_gets_in_while_another_thread_waits():
    """With one slot the wait ends only because of it."""
    producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
    producer.put(b"first")
    consumer.take()
    taking = Thread(consumer.take).waits()
    putting = Thread(producer.put, b"second").waits()
    consumer.ack()
    putting.result()
    assert bytes(taking.result()) == b"second"
    consumer.ack()
    producer.close()


def test_two_that_wait_are_idle_and_both_served():
    producer, consumer = streamx.Producer("s", slots=2), streamx.Consumer("s")
    threads = [Thread(consumer.receive, PATIENCE).waits() for _ in range(2)]
    before = sum(os.times()[:2])
    threads[0].join(0.5)
    assert sum(os.times()[:2]) - before < 0.2
    producer.send(1)
    producer.send(2)
    assert sorted(thread.result() for thread in threads) == [1, 2]
    consumer.ack()
    producer.close()


def test_views_dropped_by_other_threads():
    producer = streamx.Producer("s", slots=8, slot_size=5000)
    consumer = streamx.Consumer("s")
    kept, failures = [], []

    def check():
        for value, array in iter(lambda: kept.pop(0) if kept else (None, None), None):
            if value is None:
                if done.is_set() and not kept:
                    return
                continue
            if not (array == value % 251).all():
                failures.append(value)

    done = threading.Event()
    checking = [Thread(check) for _ in range(2)]
    feeding = Thread(lambda: [producer.put(bytes([i % 251]) * 5000) for i in range(600)])
    for i in range(600):
        kept.append((i, numpy.frombuffer(consumer.next(), numpy.uint8)))
        if len(kept) > 50:
            until(lambda: len(kept) < 50)
    done.set()
    for thread in (*checking, feeding):
        thread.result()
    consumer.ack()
    producer.close()
    assert not failures


def test_waits_let_other_threads_run():
    producer, consumer = streamx.Producer("s", spin=0), streamx.Consumer("s", spin=0)
    waiting = Thread(consumer.next).waits()
    count = 0
    for _ in range(100000):
        count += 1
    assert count == 100000 and waiting.is_alive()
    consumer.close()
    with pytest.raises(ValueError):
        waiting.result()
    producer.close()
