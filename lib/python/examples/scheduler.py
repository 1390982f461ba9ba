# SPDX-License-Identifier: MIT
"""One scheduler broadcasts each step's work to four workers, one of which is killed on the way.

The others and the scheduler go on at once: a dead worker holds nobody up. The arrays are not copied
on their way but once, into shared memory.
"""
import multiprocessing
import os
import time
from multiprocessing.queues import SimpleQueue

import numpy

import streamx

STEPS = 200
WORKERS = 4


def work(name: str, results: "SimpleQueue[tuple[int, int]]") -> None:
    """Sums what it gets; the end of the stream is the end of the work."""
    total = 0
    with streamx.Consumer(name) as consumer:
        try:
            while True:
                step = consumer.receive()
                total += int(step["tokens"].sum()) + step["number"]
        except EOFError:
            results.put((os.getpid(), total))


def main() -> None:
    context = multiprocessing.get_context("spawn")
    results: SimpleQueue[tuple[int, int]] = context.SimpleQueue()
    name = f"steps-{os.getpid()}"
    workers = [context.Process(target=work, args=(name, results)) for _ in range(WORKERS)]
    expected, longest = 0, 0.0
    with streamx.Producer(name, slots=4, slot_size="1M", min_consumers=WORKERS) as producer:
        for worker in workers:
            worker.start()
        for number in range(STEPS):
            tokens = numpy.full(50_000, number % 7, dtype=numpy.int32)
            if number == STEPS // 2:
                workers[0].kill()
            begun = time.perf_counter()
            producer.send({"number": number, "tokens": tokens})
            if number > 0:  # the first one waits for the workers
                longest = max(longest, time.perf_counter() - begun)
            expected += int(tokens.sum()) + number
    totals = dict(results.get() for _ in range(WORKERS - 1))
    for worker in workers:
        worker.join()
    assert workers[0].pid not in totals
    assert all(total == expected for total in totals.values())
    print(f"{STEPS} steps, {len(totals)} workers are right; longest send {longest * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
