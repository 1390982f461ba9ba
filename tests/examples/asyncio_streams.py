# SPDX-License-Identifier: MIT
"""streamx on asyncio: `await stream.put(value)`, `async for value in stream`, `await stream.close()`.

Nothing but the shared library, by ctypes, and the two descriptors: the loop watches them for
reading, and whenever one is readable the NOWAIT call is tried again.
"""
import asyncio
import ctypes
import errno
import os

NOWAIT = 0
ROOM, DRAINED, ATTACHED, ALONE = 1, 2, 4, 8

library = ctypes.CDLL(os.environ.get("STREAMX_LIBRARY", "libstreamx.so.0"))


class Options(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in (
        "slots", "slot_size", "max_consumers", "min_consumers", "mode", "flags")] + [
        ("evict_after_ns", ctypes.c_int64), ("spin_ns", ctypes.c_int64),
        ("type", ctypes.c_char_p), ("reserved", ctypes.c_uint64 * 8)]


class Message(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("len", ctypes.c_size_t), ("seq", ctypes.c_uint64),
                ("time_ns", ctypes.c_uint64), ("reserved", ctypes.c_uint64 * 2)]


for verb, arguments in {
    "create": [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.POINTER(Options)],
    "put": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int64],
    "wait": [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int64],
    "close": [ctypes.c_void_p, ctypes.c_int64],
    "producer_fd": [ctypes.c_void_p, ctypes.c_uint],
    "subscribe": [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_void_p,
                  ctypes.c_int64],
    "next": [ctypes.c_void_p, ctypes.POINTER(Message), ctypes.c_int64],
    "consumer_fd": [ctypes.c_void_p],
    "unsubscribe": [ctypes.c_void_p],
}.items():
    function = getattr(library, "streamx_" + verb)
    function.argtypes = arguments
    function.restype = None if verb == "unsubscribe" else ctypes.c_int


def check(result):
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


async def until_readable(fd):
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(fd, lambda: readable.done() or readable.set_result(None))
    try:
        await readable
    finally:
        loop.remove_reader(fd)


async def retry(call, descriptor):
    """The result of a NOWAIT call, as soon as it is not EAGAIN."""
    fd = check(descriptor())
    while (result := call()) == -errno.EAGAIN:
        await until_readable(fd)
    return check(result)


class Producer:
    def __init__(self, name, **options):
        self.handle = ctypes.c_void_p()
        check(library.streamx_create(ctypes.byref(self.handle), name.encode(),
                                     ctypes.byref(Options(**options))))

    async def wait(self, events):
        return await retry(lambda: library.streamx_wait(self.handle, events, NOWAIT),
                           lambda: library.streamx_producer_fd(self.handle, events))

    async def put(self, data):
        await retry(lambda: library.streamx_put(self.handle, data, len(data), NOWAIT),
                    lambda: library.streamx_producer_fd(self.handle, ROOM))

    async def close(self):
        await self.wait(DRAINED)
        check(library.streamx_close(self.handle, NOWAIT))


class Consumer:
    """Iterates over the stream's messages, as bytes. A producer that died raises OSError.

    The stream is waited for, by the thread that asks, for up to so many nanoseconds."""

    def __init__(self, name, timeout_ns=NOWAIT):
        self.handle = ctypes.c_void_p()
        check(library.streamx_subscribe(ctypes.byref(self.handle), name.encode(), None, timeout_ns))

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = Message()
        got = await retry(lambda: library.streamx_next(self.handle, ctypes.byref(message), NOWAIT),
                          lambda: library.streamx_consumer_fd(self.handle))
        if got == 0:
            raise StopAsyncIteration
        return ctypes.string_at(message.data, message.len)

    def close(self):
        library.streamx_unsubscribe(self.handle)
