# SPDX-License-Identifier: MIT
"""What Producer and Consumer have in common."""
from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ._readiness import Readiness

Self = TypeVar("Self", bound="Handle")


class Handle:
    """A handle as a context manager, also on an asyncio loop, that stays with its process.

    To be mixed into a handle of the C part, which has its name and says whether it is closed.
    """

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...

        @property
        def closed(self) -> bool: ...

    def __init__(self, *args: Any) -> None:
        self._readiness = Readiness()
        super().__init__(*args)

    def _leave(self, properly: bool) -> None:
        """The with block is left, by its end or by an exception."""
        raise NotImplementedError

    async def _enter_on_loop(self) -> None:
        """The async with block is entered."""

    async def _leave_on_loop(self, properly: bool) -> None:
        """The async with block is left."""
        self._leave(properly)

    def _state(self) -> str:
        return "closed" if self.closed else ""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(exc_type is None)

    async def __aenter__(self: Self) -> Self:
        await self._enter_on_loop()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._leave_on_loop(exc_type is None)

    def __reduce__(self) -> Any:
        kind = type(self).__name__
        raise TypeError(f"a {kind} stays with its process; pass the name of its stream")

    def __repr__(self) -> str:
        return f"<streamx.{type(self).__name__} {self.name!r} {self._state()}".rstrip() + ">"
