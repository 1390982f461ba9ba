# SPDX-License-Identifier: MIT
"""Two hundred streams of another process on one asyncio loop, one of them never ended."""
import asyncio
import multiprocessing
import os

import streamx

STREAMS = 200
MESSAGES = 25
PREFIX = f"many-{os.getpid()}-"


async def feed(number: int) -> None:
    async with streamx.Producer(f"{PREFIX}{number}", slots=2, slot_size="1K", min_consumers=1) as p:
        for i in range(MESSAGES):
            await p.asend(number * 1000 + i)
        if number == 0:
            await p.adrain()
            p.abandon()


async def feed_all() -> None:
    await asyncio.gather(*map(feed, range(STREAMS)))


def produce() -> None:
    asyncio.run(feed_all())


async def take(number: int) -> bool:
    values = []
    with streamx.Consumer(f"{PREFIX}{number}") as consumer:
        try:
            while True:
                values.append(await consumer.areceive(unpickle=False))
        except EOFError:
            ended = True
        except streamx.ProducerDied:
            ended = False
    assert values == [number * 1000 + i for i in range(MESSAGES)]
    return ended


async def main() -> None:
    ends = await asyncio.gather(*map(take, range(STREAMS)))
    assert ends == [False] + [True] * (STREAMS - 1)
    print(f"{STREAMS} streams, {STREAMS * MESSAGES} values, {sum(ends)} ends and one crash")


if __name__ == "__main__":
    producer = multiprocessing.get_context("fork").Process(target=produce)
    producer.start()
    asyncio.run(main())
    producer.join()
