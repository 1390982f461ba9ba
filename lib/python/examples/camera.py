# SPDX-License-Identifier: MIT
"""A camera writes its frames where they are read: a recorder gets all of them, and a display looks on
by a tap, as slowly as it likes, without ever holding them up."""
import multiprocessing
import os
import time
from multiprocessing.queues import SimpleQueue

import numpy

import streamx

FRAMES = 300
SHAPE = (240, 320)


def display(name: str, ready: "SimpleQueue[bool]", shown: "SimpleQueue[tuple[int, int]]") -> None:
    """Shows what is newest whenever it is ready for it; the first frame that it has is its start."""
    last, missed, count = 0, 0, 0
    with streamx.Consumer(name, tap=True) as tap:
        ready.put(True)
        for frame in tap:
            picture = numpy.frombuffer(frame.data, numpy.uint8).reshape(SHAPE)
            assert (picture == picture[0, 0]).all()  # never half of one and half of another
            missed += frame.seq - last - 1 if last else 0
            last, count = frame.seq, count + 1
            time.sleep(0.005)
    shown.put((count, missed))


def record(name: str, recorded: "SimpleQueue[int]") -> None:
    count = 0
    with streamx.Consumer(name) as consumer:
        for frame in consumer:
            picture = numpy.frombuffer(frame.data, numpy.uint8).reshape(SHAPE)
            assert picture[-1, -1] == count % 256
            count += 1
    recorded.put(count)


def main() -> None:
    context = multiprocessing.get_context("spawn")
    recorded: SimpleQueue[int] = context.SimpleQueue()
    ready: SimpleQueue[bool] = context.SimpleQueue()
    shown: SimpleQueue[tuple[int, int]] = context.SimpleQueue()
    name = f"camera-{os.getpid()}"
    size = SHAPE[0] * SHAPE[1]
    with streamx.Producer(name, slots=8, slot_size=size, min_consumers=1) as camera:
        others = [
            context.Process(target=record, args=(name, recorded)),
            context.Process(target=display, args=(name, ready, shown)),
        ]
        for process in others:
            process.start()
        assert ready.get()
        for number in range(FRAMES):
            with camera.loan(size) as slot:
                numpy.frombuffer(slot, numpy.uint8)[:] = number % 256
    count, (seen, missed) = recorded.get(), shown.get()
    for process in others:
        process.join()
    assert count == FRAMES and 0 < seen and seen + missed <= FRAMES
    print(f"{count} frames recorded; {seen} shown, {missed} missed in between")


if __name__ == "__main__":
    main()
