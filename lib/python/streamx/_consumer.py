# SPDX-License-Identifier: MIT
"""A consumer's side of a stream."""
from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _core
from ._core import POLL
from ._readiness import Readiness, loop_is_running, until_found

if TYPE_CHECKING:
    from ._core import Message

_LABEL_MOST = 63  # bytes


def _program() -> str:
    """What `streamx info` is to call us: the script rather than the interpreter."""
    script = os.path.basename(getattr(sys, "argv", [""])[0] or "python")
    return script.encode("utf-8", "replace")[:_LABEL_MOST].decode("utf-8", "ignore")


class Consumer(_core.Consumer):
    """Attaches to the stream `name`, which is waited for, and iterates over its messages.

        for message in streamx.Consumer("frames"): ...
        async for message in streamx.Consumer("frames"): ...

    A message is valid until the next is asked for, which acknowledges it. Iteration ends with the
    stream; a producer that died raises ProducerDied, after everything that it had published. A
    context manager, which close() is the end of.

    Made where an asyncio loop runs, it does not wait for the stream to appear: the first await does.

    start      the first message to get: "next", that no consumer has acknowledged; "new", the next
               to be published; "latest", the newest still there; "oldest", the oldest still there
    timeout    most seconds to wait for the stream; None: for ever, 0: not at all
    tap        look on without being waited for, and with read permission only: what was missed is a
               gap in seq; not counted as a consumer
    patient    a dead producer is no end: wait for one that resumes the stream
    any_owner  accept a stream that neither this user nor root owns
    spin       most seconds to spin before sleeping; None: self-tuned, 0: never
    type       the tag that the stream must carry
    label      what `streamx info` shows; the script's name, unless it is said

    What outlives its message: `message.data` raises ValueError afterwards; what was made of it,
    slices and arrays, keeps showing the same bytes, at the cost of a copy at most, also after
    close().

    FileNotFoundError (timeout 0), TimeoutError: no such stream; TypeMismatch; PermissionError: not a
    stream, or not for us; OSError with EUSERS: every seat is taken; with EPROTO: of another version.
    """

    def __init__(
        self,
        name: str,
        *,
        start: str = "next",
        timeout: float | None = None,
        tap: bool = False,
        patient: bool = False,
        any_owner: bool = False,
        spin: float | None = None,
        type: str | None = None,
        label: str | None = None,
    ) -> None:
        self._readiness = Readiness()
        super().__init__(
            name,
            start,
            timeout,
            spin,
            type,
            _program() if label is None else label,
            _core.ANY_OWNER * bool(any_owner)
            | _core.TAP * bool(tap)
            | _core.PATIENT * bool(patient),
            loop_is_running(),
        )

    # ---- on an asyncio loop -------------------------------------------------------------------

    async def aattach(self, timeout: float | None = None) -> None:
        """As attach(), on an asyncio loop."""
        if not self.attached:
            await until_found(lambda: self.attach(0), timeout)

    async def anext(self, timeout: float | None = None) -> Message:
        """As next(), on an asyncio loop. A task that is cancelled has taken nothing."""
        if not self.attached:
            await self.aattach(timeout)
        message = self.next(POLL)
        if message is POLL:
            return await self._readiness.result(lambda: self.next(POLL), self.fileno, timeout)
        await self._readiness.pause()
        return message

    async def atake(self, timeout: float | None = None) -> Message:
        """As take(), on an asyncio loop. A task that is cancelled has taken nothing."""
        if not self.attached:
            await self.aattach(timeout)
        return await self._readiness.result(lambda: self.take(POLL), self.fileno, timeout)

    async def areceive(
        self, timeout: float | None = None, copy: bool = False, unpickle: bool = True
    ) -> Any:
        """As receive(), on an asyncio loop. A task that is cancelled has taken nothing."""
        if not self.attached:
            await self.aattach(timeout)
        received = self.receive(POLL, copy, unpickle)
        if received is POLL:
            return await self._readiness.result(
                lambda: self.receive(POLL, copy, unpickle), self.fileno, timeout
            )
        await self._readiness.pause()
        return received

    def __aiter__(self) -> Consumer:
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.anext()
        except EOFError:
            raise StopAsyncIteration from None

    # ---- leaving ------------------------------------------------------------------------------

    def close(self) -> None:
        """Leaves the stream. What is in hand goes to a successor. Does not block."""
        self._readiness.stop()
        super().close()

    def __enter__(self) -> Consumer:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Consumer:
        await self.aattach()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError("a Consumer stays with its process; pass the name of its stream")

    def __repr__(self) -> str:
        state = " closed" if self.closed else "" if self.attached else " not attached yet"
        return f"<streamx.Consumer {self.name!r}{state}>"
