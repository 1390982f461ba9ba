# SPDX-License-Identifier: MIT
"""On asyncio: by coroutines, by async for, among tasks and processes; with uvloop too."""
import asyncio
import os
import pickle
import signal

import numpy
import pytest

import streamx
from conftest import BRIEFLY, PATIENCE

loops = ["asyncio"]
try:
    import uvloop

    loops.append("uvloop")
except ImportError:
    pass


@pytest.fixture(params=loops)
def run(request):
    """Runs a coroutine to its end on a loop of its own."""

    def run(coroutine):
        factory = uvloop.new_event_loop if request.param == "uvloop" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, PATIENCE))

    return run


async def collect(source):
    return [value async for value in source]


async def feed(stream, count):
    async with stream:
        for i in range(count):
            await stream.put(i)


# ---- AsyncStream -----------------------------------------------------------------------------------


def test_every_iterator_that_waits_gets_every_value(run):
    async def main():
        stream = streamx.AsyncStream[int]()
        *lists, _ = await asyncio.gather(collect(stream), collect(stream), feed(stream, 100))
        assert lists == [list(range(100))] * 2

    run(main())


def test_values_and_arrays_of_any_kind(run):
    values = [1, "two", 3.0, b"four", None, {"five": 5}, 10**30]

    async def main():
        stream = streamx.AsyncStream("s", slots=16)
        for value in values:
            await stream.put(value)
        await stream.put(numpy.arange(5))
        got = []
        async for value in stream:
            got.append(value)
            if len(got) == 8:
                stream.abandon()
                break
        assert got[:7] == values and got[7].tolist() == [0, 1, 2, 3, 4]
        streamx.remove("s")

    run(main())


def test_put_waits_until_everybody_is_done_with_the_value_before(run):
    async def main():
        stream = streamx.AsyncStream[int]()
        iterator = aiter(stream)
        first = asyncio.ensure_future(anext(iterator))
        await asyncio.sleep(0)
        await stream.put(1)
        assert await first == 1
        with pytest.raises(TimeoutError):
            await stream.put(2, BRIEFLY)
        second = asyncio.ensure_future(anext(iterator))
        await stream.put(3)
        assert await second == 3
        closing = asyncio.ensure_future(stream.close())
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)
        await closing
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)

    run(main())


def test_close_without_a_value_is_an_end(run):
    async def main():
        stream = streamx.AsyncStream[int]()
        waiting = asyncio.ensure_future(collect(stream))
        await asyncio.sleep(0)
        await stream.close()
        assert await waiting == []
        await stream.close()
        with pytest.raises(ValueError):
            await stream.put(1)
        assert await collect(stream) == []

    run(main())


def test_block_left_by_an_exception_is_a_crash(run):
    async def main():
        stream = streamx.AsyncStream[int](slots=4)
        waiting = asyncio.ensure_future(collect(stream))
        await asyncio.sleep(0)
        with pytest.raises(ZeroDivisionError):
            async with stream:
                await stream.put(1)
                1 / 0
        with pytest.raises(streamx.ProducerDied):
            await waiting

    run(main())


def test_plain_type_unpickles_nothing(run):
    async def main():
        stream = streamx.AsyncStream("s", slots=4)
        plain = streamx.AsyncStream[int]("s")
        waiting = asyncio.ensure_future(collect(plain))
        await asyncio.sleep(0)
        await stream.put([1])
        with pytest.raises(TypeError):
            await waiting
        stream.abandon()
        streamx.remove("s")

    run(main())


def test_iterator_that_is_left_leaves(run):
    async def main():
        stream = streamx.AsyncStream[int](slots=4)
        await stream.put(1)
        async for value in stream:
            assert streamx.inspect(stream.name).consumers == 1
            break
        assert streamx.inspect(stream.name).consumers == 0
        await stream.put(2)
        got = await anext(aiter(stream))
        assert got == 1  # nobody had asked for the next
        stream.abandon()
        streamx.remove(stream.name)

    run(main())


def test_pickled_it_stands_for_the_same_stream(run):
    stream = streamx.AsyncStream[int](slots=4)
    again = pickle.loads(pickle.dumps(stream))

    async def main():
        *lists, _ = await asyncio.gather(collect(again), collect(again), feed(stream, 50))
        assert lists == [list(range(50))] * 2

    run(main())
    assert again.name == stream.name and not again._unpickles()


def test_another_process_puts(run, fork):
    stream = streamx.AsyncStream[int](min_consumers=1)
    child = fork(lambda: asyncio.run(feed(stream, 200)))
    assert run(collect(stream)) == list(range(200))
    assert child.join() == 0


def test_another_process_takes(run, fork):
    stream = streamx.AsyncStream[int](min_consumers=2)

    def take():
        assert asyncio.run(collect(stream)) == list(range(200))

    children = [fork(take), fork(take)]
    run(feed(stream, 200))
    assert [child.join() for child in children] == [0, 0]


# ---- Producer and Consumer -------------------------------------------------------------------------


def test_async_for_over_messages_of_another_process(run, fork):
    def produce():
        with streamx.Producer("s", slots=4, min_consumers=1) as producer:
            for i in range(2000):
                producer.put(b"%d" % i)

    child = fork(produce)

    async def main():
        return [int(bytes(m)) async for m in streamx.Consumer("s")]

    assert run(main()) == list(range(2000))
    assert child.join() == 0


def test_consumer_made_on_a_loop_does_not_wait_for_its_stream(run):
    async def main():
        consumer = streamx.Consumer("s")
        assert not consumer.attached
        waiting = asyncio.ensure_future(collect(consumer))
        await asyncio.sleep(BRIEFLY)
        async with streamx.Producer("s", min_consumers=1) as producer:
            await producer.aput(b"x")
        assert len(await waiting) == 1
        with pytest.raises(FileNotFoundError):
            streamx.Consumer("absent", timeout=0)
        with pytest.raises(TimeoutError):
            await streamx.Consumer("absent").anext(BRIEFLY)

    run(main())


def test_everything_that_waits_has_a_coroutine(run):
    async def main():
        producer = streamx.Producer("s", slots=2)
        attached = asyncio.ensure_future(producer.await_for(streamx.ATTACHED))
        await asyncio.sleep(0)
        consumer = streamx.Consumer("s")
        assert await attached == streamx.ATTACHED
        await producer.aput_many([b"a", b"b"])
        await producer.asend("object")
        with pytest.raises(TimeoutError):
            await producer.aput(b"c", timeout=BRIEFLY)
        with pytest.raises(BlockingIOError):
            await producer.aput(b"c", timeout=0)
        with pytest.raises(TimeoutError):
            await producer.adrain(BRIEFLY)
        assert bytes(await consumer.anext()) == b"a" and bytes(await consumer.atake()) == b"b"
        assert await consumer.areceive() == "object"
        with pytest.raises(TimeoutError):
            await consumer.anext(BRIEFLY)
        await producer.adrain()
        consumer.close()
        assert await producer.await_for(streamx.ALONE) == streamx.ALONE
        await producer.aclose()
        await producer.aclose()

    run(main())


def test_cancelled_wait_has_taken_and_put_nothing(run):
    async def main():
        producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
        for _ in range(20):
            asking = asyncio.ensure_future(consumer.anext())
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        await producer.aput(b"1")
        for _ in range(20):
            putting = asyncio.ensure_future(producer.aput(b"no"))
            await asyncio.sleep(0)
            putting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await putting
        assert (await consumer.anext()).data == b"1"
        consumer.ack()
        await producer.aclose()
        with pytest.raises(EOFError):
            await consumer.anext()

    run(main())


@pytest.fixture
def hasty(monkeypatch):
    """Every call finds that it has run for long, and lets other tasks run."""
    monkeypatch.setattr("streamx._readiness.LONGEST_RUN", -1)


TURNS = range(6)  # of the loop, after which a task is cancelled; the last find it done


async def cancelled_after(turns, coroutine):
    """Whether it was cancelled, and what it gave if not."""
    task = asyncio.ensure_future(coroutine)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    try:
        return False, await task
    except asyncio.CancelledError:
        return True, None


def number_in(received):
    return received if isinstance(received, int) else int.from_bytes(received.data[1:9], "little")


@pytest.mark.parametrize("call", ["anext", "atake", "areceive", "__anext__"])
def test_message_is_not_lost_wherever_its_taker_is_cancelled(run, hasty, call):
    async def main():
        producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
        take, outcomes = getattr(consumer, call), set()
        for turns in TURNS:
            assert (await cancelled_after(turns, take()))[0]  # there is nothing
            producer.send(turns)
            cancelled, received = await cancelled_after(turns, take())
            outcomes.add(cancelled)
            assert number_in(await take() if cancelled else received) == turns
            consumer.ack()
        assert outcomes == {True, False}
        await producer.aclose()

    run(main())


@pytest.mark.parametrize("call, data", [("aput", b"x"), ("aput_many", [b"x"]), ("asend", 1)])
def test_nothing_is_put_wherever_its_task_is_cancelled(run, hasty, call, data):
    async def main():
        producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
        put, outcomes = getattr(producer, call), set()
        for turns in TURNS:
            before = streamx.inspect("s").published
            cancelled, _ = await cancelled_after(turns, put(data))
            outcomes.add(cancelled)
            assert streamx.inspect("s").published == before + (not cancelled)
            if cancelled:
                await put(data)
            assert (await cancelled_after(turns, put(data)))[0]  # there is no slot
            assert streamx.inspect("s").published == before + 1
            await consumer.anext()
            consumer.ack()
        assert outcomes == {True, False}
        await producer.aclose()

    run(main())


@pytest.mark.parametrize("kind", [streamx.Producer, streamx.AsyncStream])
def test_end_that_is_cancelled_can_be_made_later(run, hasty, kind):
    async def main():
        for turns in TURNS:
            stream, values = kind("s"), streamx.Consumer("s")
            end = stream.aclose if kind is streamx.Producer else stream.close
            await (stream.asend if kind is streamx.Producer else stream.put)(turns)
            assert (await cancelled_after(turns, end()))[0]
            assert not stream.closed and await values.areceive() == turns
            ending = asyncio.ensure_future(end())
            with pytest.raises(EOFError):
                await values.areceive()
            await ending

    run(main())


@pytest.mark.parametrize("kind", [streamx.Producer, streamx.AsyncStream])
def test_block_whose_end_is_cancelled_is_a_crash(run, hasty, kind):
    async def leave(stream):
        async with stream:
            await (stream.asend if kind is streamx.Producer else stream.put)(1)

    async def main():
        for turns in TURNS:
            stream = kind("s")
            values = aiter(streamx.AsyncStream("s"))  # attaches as soon as there is something
            assert (await cancelled_after(turns + 1, leave(stream)))[0]
            with pytest.raises(streamx.ProducerDied):
                await collect(values)

    run(main())


def test_many_tasks_wait_on_one_handle(run):
    async def main():
        producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
        puts = [asyncio.ensure_future(producer.aput(b"%d" % i)) for i in range(50)]
        got = [int(bytes(await consumer.anext())) for _ in range(50)]
        consumer.ack()
        await asyncio.gather(*puts)
        assert sorted(got) == list(range(50))
        await producer.aclose()

    run(main())


def test_ready_stream_leaves_the_loop_to_others(run):
    async def main():
        producer = streamx.Producer("s", slots=1024, slot_size=64)
        consumer = streamx.Consumer("s")
        turns, done = 0, False

        async def bystander():
            nonlocal turns
            while not done:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.ensure_future(bystander())
        for _ in range(20):
            for _ in range(1000):
                await producer.aput(b"x")
            for _ in range(1000):
                await consumer.anext()
            consumer.ack()
        done = True
        await other
        assert turns > 10
        await producer.aclose()

    run(main())


def test_close_ends_a_task_that_waits(run):
    async def main():
        producer, consumer = streamx.Producer("s"), streamx.Consumer("s")
        asking = asyncio.ensure_future(consumer.anext())
        await asyncio.sleep(BRIEFLY)
        consumer.close()
        with pytest.raises(ValueError):
            await asking
        producer.close()

    run(main())


def test_killed_producer_raises(run, fork):
    def produce():
        producer = streamx.Producer("s", slots=2)
        producer.put(b"last")
        signal.pause()

    child = fork(produce)

    async def main():
        consumer = streamx.Consumer("s")
        assert bytes(await consumer.anext()) == b"last"
        asking = asyncio.ensure_future(consumer.anext())
        await asyncio.sleep(BRIEFLY)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(streamx.ProducerDied):
            await asking
        consumer.close()

    run(main())


def test_handle_goes_from_loop_to_loop():
    producer, consumer = streamx.Producer("s"), streamx.Consumer("s")

    async def once(i):
        asking = asyncio.ensure_future(consumer.anext())
        await asyncio.sleep(0)
        await producer.aput(b"%d" % i)
        assert bytes(await asking) == b"%d" % i
        consumer.ack()

    for i in range(5):
        asyncio.run(once(i))
    producer.close()


def test_two_hundred_streams_on_one_loop(run):
    async def main():
        streams = [streamx.AsyncStream[int](slots=2, slot_size="1K") for _ in range(200)]
        lists = await asyncio.gather(*map(collect, streams), *(feed(s, 20) for s in streams))
        assert lists[:200] == [list(range(20))] * 200

    run(main())
