# SPDX-License-Identifier: MIT
"""A stream of values among tasks and processes."""
from __future__ import annotations

import os
import secrets
import weakref
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Generic, TypeVar, get_args

from ._consumer import Consumer
from ._core import Evicted, ProducerDied
from ._producer import Producer

T = TypeVar("T")

# Iterators of this process whose streams nobody has made yet.
_waiting: weakref.WeakSet[_Values[Any]] = weakref.WeakSet()

_PLAIN = frozenset({int, float, str, bytes, bool, type(None)})


class AsyncStream(Generic[T]):
    """Everybody who iterates gets every value that is put from then on.

        stream = AsyncStream[int]()                one of its own; AsyncStream[int]("name") by name

        await stream.put(1)                        returns when there is a slot: with one slot (the
        await stream.close()                       default), when all are done with the value before
        async for value in stream: ...             ends when the stream is closed

    The first put makes the stream; iterators that wait for it already get all of it. Other processes
    take part by the name, or by the object: it can be pickled, as an argument of a child process for
    example, and stands for the same stream there. An iterator is done with a value when it asks for
    the next. Several processes may put; the stream ends when the last of them has closed it. If one
    of them dies, iterators raise ProducerDied in the end.

    Values are sent as by Producer.send(). Where T is int, float, str, bytes, bool or None, nothing
    is ever unpickled; otherwise who iterates trusts who puts. Arrays arrive as read-only views of
    shared memory, unless copy=True. Options are those of Producer.

    A context manager: leaving it by its end closes the stream, by an exception abandons it.
    """

    def __init__(self, name: str | None = None, *, copy: bool = False, **options: Any) -> None:
        self._name = name if name is not None else f"async-{os.getpid()}-{secrets.token_hex(8)}"
        self._copy = copy
        self._options: dict[str, Any] = {"shared": True, **options}
        self._producer: Producer | None = None
        self._closed = False
        self._iterators: weakref.WeakSet[_Values[T]] = weakref.WeakSet()

    @property
    def name(self) -> str:
        """What other processes may call it by."""
        return self._name

    @property
    def closed(self) -> bool:
        """Whether close() was called here."""
        return self._closed

    def _unpickles(self) -> bool:
        """T is known only after __init__, from the alias that was called."""
        wanted = get_args(getattr(self, "__orig_class__", None))
        return not wanted or wanted[0] not in _PLAIN

    def _open(self) -> Producer:
        if self._closed:
            raise ValueError("the stream is closed")
        if self._producer is None:
            self._producer = Producer(self._name, **self._options)
            for iterator in [i for i in _waiting if i.name == self._name]:
                iterator.attach()
        return self._producer

    async def put(self, value: T, timeout: float | None = None) -> None:
        """Puts a value. TimeoutError: there was no slot within the time, and nothing was put."""
        producer = self._producer or self._open()
        await producer.asend(value, timeout)

    async def close(self, timeout: float | None = None) -> None:
        """Waits until every value has been taken, then ends the stream.

        Where nothing was put by this object, it only ends the iterators made of it. A task that is
        cancelled leaves it open.
        """
        if self._closed:
            return
        self._closed = True
        if self._producer is not None:
            try:
                await self._producer.aclose(timeout)
            finally:
                self._closed = self._producer.closed
        else:
            for iterator in list(self._iterators):
                iterator.finish()

    def abandon(self) -> None:
        """Leaves without an end: to those who iterate, a crash."""
        self._closed = True
        if self._producer is not None:
            self._producer.abandon()

    def __aiter__(self) -> AsyncIterator[T]:
        iterator = _Values[T](self)
        self._iterators.add(iterator)
        return iterator

    async def __aenter__(self) -> AsyncStream[T]:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if exc_type is None:
                await self.close()
        finally:
            self.abandon()

    def __reduce__(self) -> Any:
        alias = getattr(self, "__orig_class__", type(self))
        return _again, (alias, self._name, self._copy, self._options)

    def __repr__(self) -> str:
        return f"<streamx.AsyncStream {self._name!r}{' closed' if self._closed else ''}>"


def _again(alias: Any, name: str, copy: bool, options: dict[str, Any]) -> AsyncStream[Any]:
    stream: AsyncStream[Any] = alias(name, copy=copy, **options)
    return stream


class _Values(AsyncIterator[T]):
    """One iteration: a consumer of its own, which leaves when it is dropped."""

    def __init__(self, stream: AsyncStream[T]) -> None:
        self._consumer = Consumer(stream.name)
        self._copy = stream._copy
        self._unpickle = stream._unpickles()
        self._finished = stream.closed and not self._consumer.attached
        self._failure: ProducerDied | Evicted | None = None
        if not self._consumer.attached:
            _waiting.add(self)

    @property
    def name(self) -> str:
        return self._consumer.name

    @property
    def attached(self) -> bool:
        return self._consumer.attached

    def attach(self) -> None:
        """The stream has just been made, and nothing was put yet."""
        _waiting.discard(self)
        if not self._consumer.attached:
            self._consumer.attach(0)

    def finish(self) -> None:
        self._finished = True
        self._consumer.close()

    async def __anext__(self) -> T:
        if self._failure is not None:
            raise type(self._failure)(*self._failure.args)
        if self._finished:
            raise StopAsyncIteration
        try:
            value: T = await self._consumer.areceive(None, self._copy, self._unpickle)
        except EOFError:
            self.finish()
            raise StopAsyncIteration from None
        except (ProducerDied, Evicted) as failure:  # for good: so nobody is to wait for us
            self._failure = failure
            self._consumer.close()
            raise
        except ValueError:
            if self._finished:  # by close() here, while we waited
                raise StopAsyncIteration from None
            raise
        return value
