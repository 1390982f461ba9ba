# SPDX-License-Identifier: MIT
"""The producer's side of a stream."""
from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from . import _core
from ._core import POLL
from ._handle import Handle

if TYPE_CHECKING:
    from ._core import Buffer


class Event(enum.IntFlag):
    """What a producer can be waited for."""

    ROOM = 1  #: a put would not block
    DRAINED = 2  #: everything put has been acknowledged, by one consumer at least
    ATTACHED = 4  #: a consumer is attached
    ALONE = 8  #: one was attached, none is


ROOM = Event.ROOM
DRAINED = Event.DRAINED
ATTACHED = Event.ATTACHED
ALONE = Event.ALONE

_UNITS = {"K": 10, "M": 20, "G": 30}
_MOST = 2**32 - 1


def size_from(size: int | str) -> int:
    """Bytes: a number, or a string of one with K, M or G behind it (1024, ...)."""
    if isinstance(size, str):
        text = size.strip().upper()
        shift = _UNITS.get(text[-1:], 0)
        number = int(text[:-1] if shift else text)
        size = number << shift
    if not 0 <= size <= _MOST:
        raise ValueError(f"no size: {size}")
    return size


def _count(name: str, number: int) -> int:
    if not 0 <= number <= _MOST:
        raise ValueError(f"{name}={number} is out of range")
    return number


class Producer(Handle, _core.Producer):
    """Makes the stream `name` and puts messages into it.

    A context manager: leaving the block by its end closes the stream, which waits until everything
    is acknowledged; leaving it by an exception abandons the stream, which its consumers see as a
    crash (ProducerDied). So does dropping a producer without close().

    slots           how many publications there is room for; with 1, put returns only when every
                    consumer is done with the message before
    slot_size       payload bytes of a slot, at most 1G; an int, or a str such as "8M"; None: 64K
    reserve_size    how much of each slot is taken at once; the rest when a message needs it (then
                    OSError with ENOSPC may come from put); None: all of it
    min_consumers   nothing is put before so many were attached at one time
    max_consumers   seats, at most 4096
    mode            permission bits of the stream's file: who may attach
    timestamps      stamp every publication with time.monotonic_ns()
    pipe            once every consumer has gone, put raises BrokenPipeError
    evict_after     seconds after which a consumer that holds the producer up is thrown out
    spin            most seconds to spin before sleeping; None: self-tuned, 0: only a glance
    type            a tag that consumers must match, at most 63 bytes
    shared          other producers may come in, up to max_producers (16); who comes in second finds
                    the stream as the first has made it. The stream ends with the last one's close()
    resume          a stream whose producers have died is taken up where it is, with its consumers;
                    inspect(name).last_stamp says how far it had come
    stamps          time_ns is the producer's own number: stamp()

    Does not block. FileExistsError: a live stream of that name; ValueError: a bad name or option;
    PermissionError; OSError with ENOSPC: no room in the file system for all slots.
    """

    def __init__(
        self,
        name: str,
        *,
        slots: int = 1,
        slot_size: int | str | None = None,
        reserve_size: int | str | None = None,
        min_consumers: int = 0,
        max_consumers: int = 64,
        mode: int = 0o600,
        timestamps: bool = False,
        pipe: bool = False,
        evict_after: float | None = None,
        spin: float | None = None,
        type: str | None = None,
        shared: bool = False,
        max_producers: int = 0,
        resume: bool = False,
        stamps: bool = False,
    ) -> None:
        flags = (
            _core.TIMESTAMPS * bool(timestamps)
            | _core.PIPE * bool(pipe)
            | _core.SHARED * bool(shared)
            | _core.RESUME * bool(resume)
            | _core.STAMPS * bool(stamps)
        )
        self._awaited: dict[object, int] = {}
        super().__init__(
            name,
            _count("slots", slots),
            size_from(slot_size or 0),
            _count("min_consumers", min_consumers),
            _count("max_consumers", max_consumers),
            _count("mode", mode),
            flags,
            type,
            evict_after,
            spin,
            _count("max_producers", max_producers),
            size_from(reserve_size or 0),
        )

    def wait(  # type: ignore[override]
        self, events: int, timeout: float | None = None
    ) -> Event:
        """Waits until at least one of the events holds, and returns those that do.

        BlockingIOError, TimeoutError; BrokenPipeError: `pipe`, and everybody has gone.
        """
        return Event(super().wait(events, timeout))

    # ---- on an asyncio loop -------------------------------------------------------------------

    def _descriptor(self) -> int:
        events = 0
        for wanted in self._awaited.values():
            events |= wanted
        return self.fileno(events)

    async def _result(
        self, events: int, timeout: float | None, call: Callable[..., Any], *args: Any
    ) -> Any:
        """What the call gives once it would not block; it would until one of the events holds."""
        key = object()
        self._awaited[key] = events
        try:
            return await self._readiness.result(self._descriptor, timeout, call, *args)
        finally:
            del self._awaited[key]

    async def aput(self, data: Buffer, timeout: float | None = None) -> None:
        """As put(), on an asyncio loop. A task that is cancelled has put nothing."""
        if self._readiness.has_run_long():
            await asyncio.sleep(0)
        put = super().put
        if put(data, POLL) is POLL:
            await self._result(ROOM, timeout, put, data, POLL)

    async def aput_many(self, messages: Iterable[Buffer], timeout: float | None = None) -> None:
        """As put_many(), on an asyncio loop."""
        await self._result(ROOM, timeout, super().put_many, tuple(messages), POLL)

    async def asend(self, object: Any, timeout: float | None = None) -> None:
        """As send(), on an asyncio loop."""
        if self._readiness.has_run_long():
            await asyncio.sleep(0)
        send = super().send
        if send(object, POLL) is POLL:
            await self._result(ROOM, timeout, send, object, POLL)

    async def await_for(self, events: int, timeout: float | None = None) -> Event:
        """As wait(), on an asyncio loop."""
        return Event(await self._result(events, timeout, super().wait, events, POLL))

    async def adrain(self, timeout: float | None = None) -> None:
        """As drain(), on an asyncio loop."""
        await self.await_for(DRAINED, timeout)

    async def aclose(self, timeout: float | None = None) -> None:
        """As close(), on an asyncio loop. A task that is cancelled leaves it open."""
        if self.closed:
            return
        try:
            await self.adrain(timeout)
        except (BlockingIOError, TimeoutError, BrokenPipeError):
            self._end(0)
            raise
        self._end(0)

    def _end(self, timeout: float | None) -> None:
        self._readiness.stop()
        try:
            super().close(timeout)
        except TimeoutError:
            pass  # a consumer that came in the last moment has got everything, too

    # ---- leaving ------------------------------------------------------------------------------

    def _leave(self, properly: bool) -> None:
        try:
            if properly:
                self.close()
        finally:
            self.abandon()

    async def _leave_on_loop(self, properly: bool) -> None:
        try:
            if properly:
                await self.aclose()
        finally:
            self._readiness.stop()
            self.abandon()
