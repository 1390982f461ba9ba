# SPDX-License-Identifier: MIT
"""Waiting on an asyncio loop for a handle's descriptor."""
from __future__ import annotations

import asyncio
import errno
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from ._core import POLL

T = TypeVar("T")

# A task that always finds something ready would keep the loop from everybody else.
LONGEST_RUN = 0.001  # seconds
FIRST_NAP = 0.0005
LONGEST_NAP = 0.032
SPURIOUS = 4


class Readiness:
    """The tasks that wait for one handle, and the loop that watches its descriptor.

    The descriptor stays watched while waits follow each other, since to begin and to end that costs
    a system call each; it is left alone again when the loop finds it readable a few times while
    nobody waits.
    """

    __slots__ = ("_loop", "_fd", "_waiters", "_unheard", "_since")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._unheard = 0
        self._since = 0.0

    def stop(self) -> None:
        """Watches no more; whoever waits tries again. To be called before the handle is closed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
        self._loop = None
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def _readable(self) -> None:
        if self._waiters:
            self._unheard = 0
            self._wake()
            return
        self._unheard += 1
        if self._unheard >= SPURIOUS:
            self.stop()

    def _watch(self, loop: asyncio.AbstractEventLoop, fd: int) -> None:
        if self._loop is loop and self._fd == fd:
            return
        self.stop()
        loop.add_reader(fd, self._readable)
        self._loop, self._fd, self._unheard = loop, fd, 0

    async def _wait(self, fd: int, deadline: float | None) -> None:
        loop = asyncio.get_running_loop()
        if deadline is not None and loop.time() >= deadline:
            raise TimeoutError(errno.ETIMEDOUT, "timed out")
        self._watch(loop, fd)
        waiter = loop.create_future()
        self._waiters.append(waiter)
        timer = None if deadline is None else loop.call_at(deadline, _finish, waiter)
        try:
            await waiter
        finally:
            self._since = time.monotonic()
            if timer is not None:
                timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def has_run_long(self) -> bool:
        """Whether it is time to let other tasks run, by sleep(0), since nothing was waited for.

        To be asked before anything is taken or put: a task may be cancelled in that sleep.
        """
        now = time.monotonic()
        if now - self._since <= LONGEST_RUN:
            return False
        self._since = now
        return True

    async def result(
        self,
        descriptor: Callable[[], int],
        timeout: float | None,
        call: Callable[..., Any],
        *args: Any,
    ) -> Any:
        """What the call gives as soon as it gives anything but POLL: when it would not block.

        A task that is cancelled here has taken nothing.
        """
        if self.has_run_long():
            await asyncio.sleep(0)
        result = call(*args)
        if result is not POLL:
            return result
        if timeout == 0:
            raise BlockingIOError(errno.EAGAIN, "would block")
        deadline = None
        if timeout is not None:
            deadline = asyncio.get_running_loop().time() + timeout
        nap = FIRST_NAP
        while True:
            fd = descriptor_or_none(descriptor)
            if fd is None:
                nap = await self._nap(nap, deadline)
            else:
                result = call(*args)  # renews the descriptor
                if result is not POLL:
                    return result
                await self._wait(fd, deadline)
            result = call(*args)
            if result is not POLL:
                return result

    async def _nap(self, nap: float, deadline: float | None) -> float:
        loop = asyncio.get_running_loop()
        left = nap if deadline is None else min(nap, deadline - loop.time())
        if left <= 0:
            raise TimeoutError(errno.ETIMEDOUT, "timed out")
        await asyncio.sleep(left)
        self._since = time.monotonic()
        return min(2 * nap, LONGEST_NAP)


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def descriptor_or_none(descriptor: Callable[[], int]) -> int | None:
    """The descriptor; None for a handle that has none, which is looked at by and by."""
    try:
        return descriptor()
    except OSError as failure:
        if failure.errno != errno.EOPNOTSUPP:
            raise
        return None


async def until_found(attempt: Callable[[], T], timeout: float | None) -> T:
    """What the call gives as soon as there is such a stream."""
    loop = asyncio.get_running_loop()
    deadline = None if timeout is None else loop.time() + timeout
    nap = FIRST_NAP
    while True:
        try:
            return attempt()
        except FileNotFoundError:
            left = nap if deadline is None else min(nap, deadline - loop.time())
            if left <= 0:
                raise TimeoutError(errno.ETIMEDOUT, "timed out") from None
            await asyncio.sleep(left)
            nap = min(2 * nap, LONGEST_NAP)


def loop_is_running() -> bool:
    """Whether we are called by an asyncio loop, which must not be held up."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

