#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The behaviour of an asynchronous stream, on asyncio: values in order, the end, backpressure,
many consumers, cancellation, time limits, a producer in another process, and one that is killed."""
import asyncio
import errno
import os
import shutil
import signal
import sys
import tempfile
import unittest

PATIENCE = 60

directory = tempfile.mkdtemp(prefix="streamx-asyncio.", dir="/dev/shm")
os.environ["STREAMX_DIR"] = directory

from asyncio_streams import ALONE, ATTACHED, Consumer, Producer  # noqa: E402


async def collect(consumer):
    values = [int(value) async for value in consumer]
    consumer.close()
    return values


async def feed(producer, count):
    for value in range(count):
        await producer.put(b"%d" % value)
    await producer.close()


def produce(count):
    asyncio.run(feed(Producer("s", min_consumers=1), count))


class Streams(unittest.IsolatedAsyncioTestCase):
    async def bounded(self, *tasks):
        return await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)

    def other_process(self, run):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                run()
                status = 0
            finally:
                os._exit(status)
        return pid

    async def joined(self, name):
        """A consumer of a stream that may yet have to be made, waited for beside the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, Consumer, name, PATIENCE * 1_000_000_000)

    async def test_values_arrive_in_order_and_the_stream_ends(self):
        producer = Producer("s")
        consumer = Consumer("s")
        _, values = await self.bounded(feed(producer, 1000), collect(consumer))
        self.assertEqual(values, list(range(1000)))

    async def test_every_consumer_sees_every_value(self):
        producer = Producer("s", slots=4)
        consumers = [Consumer("s") for _ in range(5)]
        results = await self.bounded(feed(producer, 300), *map(collect, consumers))
        for values in results[1:]:
            self.assertEqual(values, list(range(300)))

    async def test_put_waits_until_the_value_before_was_finished_with(self):
        producer = Producer("s")
        consumer = Consumer("s")
        await producer.put(b"a")
        self.assertEqual(await anext(consumer), b"a")
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(producer.put(b"b"), 0.05)
        asking = asyncio.ensure_future(anext(consumer))
        await self.bounded(producer.put(b"c"))
        self.assertEqual((await self.bounded(asking))[0], b"c")
        consumer.close()
        await self.bounded(producer.wait(ALONE))
        with self.assertRaises(asyncio.TimeoutError):  # what nobody acknowledged is kept
            await asyncio.wait_for(producer.close(), 0.05)
        successor = Consumer("s")
        self.assertEqual((await self.bounded(anext(successor)))[0], b"c")
        closing = asyncio.ensure_future(producer.close())
        self.assertEqual((await self.bounded(collect(successor)))[0], [])
        await self.bounded(closing)

    async def test_cancelled_wait_takes_nothing(self):
        producer = Producer("s")
        consumer = Consumer("s")
        asking = asyncio.ensure_future(anext(consumer))
        await asyncio.sleep(0)
        asking.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await asking
        _, values = await self.bounded(feed(producer, 10), collect(consumer))
        self.assertEqual(values, list(range(10)))

    async def test_comings_and_goings_can_be_awaited(self):
        producer = Producer("s")
        waiting = asyncio.ensure_future(producer.wait(ATTACHED))
        await asyncio.sleep(0)
        consumer = Consumer("s")
        self.assertEqual(await self.bounded(waiting), [ATTACHED])
        waiting = asyncio.ensure_future(producer.wait(ALONE))
        await asyncio.sleep(0)
        consumer.close()
        self.assertEqual(await self.bounded(waiting), [ALONE])
        await self.bounded(producer.close())

    async def test_stream_of_another_process(self):
        pid = self.other_process(lambda: produce(500))
        consumer = (await self.bounded(self.joined("s")))[0]
        self.assertEqual(await self.bounded(collect(consumer)), [list(range(500))])
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    async def test_killed_producer_raises(self):
        pid = self.other_process(lambda: (Producer("s"), signal.pause()))
        consumer = (await self.bounded(self.joined("s")))[0]
        asking = asyncio.ensure_future(anext(consumer))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with self.assertRaises(OSError) as caught:
            await self.bounded(asking)
        self.assertEqual(caught.exception.errno, errno.EOWNERDEAD)
        consumer.close()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    try:
        unittest.main(verbosity=2)
    finally:
        shutil.rmtree(directory)
