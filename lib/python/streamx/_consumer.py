# SPDX-License-Identifier: MIT
"""A consumer's side of a stream."""
from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from . import _core
from ._core import POLL
from ._handle import Handle
from ._readiness import loop_is_running, until_found

if TYPE_CHECKING:
    from ._core import Message

_LABEL_MOST = 63  # bytes


def _program() -> str:
    """What `streamx info` is to call us: the script rather than the interpreter."""
    script = os.path.basename(getattr(sys, "argv", [""])[0] or "python")
    return script.encode("utf-8", "replace")[:_LABEL_MOST].decode("utf-8", "ignore")


def _rehearse(message: Message) -> memoryview:
    """What is done with a message as a rule; for src/wait.c."""
    return next(iter((message,))).data


class Consumer(Handle, _core.Consumer):
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
    spin       most seconds to spin before sleeping, for the sake of the delay; None: self-tuned, 0:
               never, but for a glance
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
            _rehearse,
        )

    # ---- on an asyncio loop -------------------------------------------------------------------

    async def aattach(self, timeout: float | None = None) -> None:
        """As attach(), on an asyncio loop."""
        if not self.attached:
            await until_found(lambda: self.attach(0), timeout)

    async def _result(self, timeout: float | None, call: Callable[..., Any], *args: Any) -> Any:
        """What the call gives once it would not block."""
        if not self.attached:
            await self.aattach(timeout)
        return await self._readiness.result(self.fileno, timeout, call, *args)

    async def anext(self, timeout: float | None = None) -> Message:
        """As next(), on an asyncio loop. A task that is cancelled has taken nothing."""
        if self._readiness.has_run_long():
            await asyncio.sleep(0)
        message = self.next(POLL) if self.attached else POLL
        if message is POLL:
            return cast("Message", await self._result(timeout, self.next, POLL))
        return message

    async def atake(self, timeout: float | None = None) -> Message:
        """As take(), on an asyncio loop. A task that is cancelled has taken nothing."""
        return cast("Message", await self._result(timeout, self.take, POLL))

    async def areceive(
        self, timeout: float | None = None, copy: bool = False, unpickle: bool = True
    ) -> Any:
        """As receive(), on an asyncio loop. A task that is cancelled has taken nothing."""
        if self._readiness.has_run_long():
            await asyncio.sleep(0)
        received = self.receive(POLL, copy, unpickle) if self.attached else POLL
        if received is POLL:
            return await self._result(timeout, self.receive, POLL, copy, unpickle)
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

    def _leave(self, properly: bool) -> None:
        self.close()

    async def _enter_on_loop(self) -> None:
        await self.aattach()

    def _state(self) -> str:
        return "closed" if self.closed else "" if self.attached else "not attached yet"
