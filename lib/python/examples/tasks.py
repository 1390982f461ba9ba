# SPDX-License-Identifier: MIT
"""A stream of numbers among the tasks of one program: both readers get all of them."""
import asyncio

from streamx import AsyncStream


async def produce(stream: AsyncStream[int]) -> None:
    async with stream:
        for number in range(5):
            print(f"put {number}")
            await stream.put(number)


async def consume(who: str, stream: AsyncStream[int]) -> None:
    async for number in stream:
        print(f"{who} got {number}")
        await asyncio.sleep(0.01)  # the producer waits for the slower one


async def main() -> None:
    stream = AsyncStream[int]()
    await asyncio.gather(consume("a", stream), consume("b", stream), produce(stream))


asyncio.run(main())
