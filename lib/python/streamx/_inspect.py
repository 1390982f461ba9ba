# SPDX-License-Identifier: MIT
"""Looking at streams from outside, and tidying them up."""
from __future__ import annotations

import builtins
import enum
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from . import _core

T = TypeVar("T")


class StreamState(enum.IntEnum):
    LIVE = 1  #: its producer lives
    CLOSED = 2  #: it has ended; the name is about to go
    DEAD = 3  #: its producer died or abandoned it


class ProducerState(enum.IntEnum):
    ALIVE = 1  #: in the stream
    DEAD = 2  #: died, and has not been noticed yet
    JOINING = 3  #: about to come in
    LEAVING = 4  #: about to leave


class ConsumerState(enum.IntEnum):
    ALIVE = 1  #: attached
    DEAD = 2  #: died attached, and has not been noticed yet
    EVICTED = 3  #: evicted, and has not left yet
    JOINING = 4  #: about to attach


@dataclass(frozen=True)
class StreamInfo:
    """What a stream looks like at one moment."""

    name: str
    type: str  #: empty: untyped
    state: StreamState
    flags: int  #: as struct streamx_info has them
    pid: int  #: the producer's, in its own PID namespace
    uid: int  #: the file's owner
    mode: int  #: the file's permission bits
    slots: int
    slot_size: int  #: payload bytes a slot holds
    max_consumers: int  #: seats
    min_consumers: int
    consumers: int  #: attached now
    published: int  #: messages so far: the last one's seq
    publications: int  #: publications so far; a batch is one
    bytes: int  #: payload bytes so far
    acknowledged: int  #: highest seq that any consumer has acknowledged
    waiting_for: int  #: the seq whose acknowledgment the producer sleeps for; 0: it does not;
    #: 2**64-1: it sleeps until somebody comes or goes
    waiting_ns: int  #: for how long it has
    created_ns: int  #: time.monotonic_ns() at creation
    evict_after_ns: int
    segment_bytes: int  #: size of the shared memory
    publications_in_ring: int  #: slots with what a consumer may still read
    last_stamp: int  #: of the newest message, in a stream with stamps
    acknowledged_by_all: int  #: seq through which every consumer has acknowledged
    producers: int  #: that have come in and live, as far as is known

    @property
    def timestamps(self) -> bool:
        return bool(self.flags & _core.TIMESTAMPS)


@dataclass(frozen=True)
class ConsumerInfo:
    """One consumer of a stream at one moment."""

    attach: int  #: counts the stream's attachments from 1
    acknowledged: int  #: seq through which it has acknowledged
    behind: int  #: messages published that it has not acknowledged
    attached_ns: int  #: time.monotonic_ns() when it attached
    waited_ns: int  #: for how long the producer has slept waiting for this one; 0: it does not
    pid: int  #: in its own PID namespace
    state: ConsumerState
    label: str


@dataclass(frozen=True)
class ProducerInfo:
    """One producer of a stream at one moment."""

    attach: int  #: counts the producers that have come in from 1
    attached_ns: int  #: time.monotonic_ns() when it came in
    waited_ns: int  #: for how long it has waited for its turn; 0: it does not
    pid: int  #: in its own PID namespace
    state: ProducerState
    has_turn: bool  #: the others wait for this one
    label: str


def _known(kind: type[T], values: dict[str, Any]) -> T:
    """A later library may tell more."""
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})


def inspect(name: str) -> StreamInfo:
    """What the stream looks like now. Disturbs nobody; needs read permission only.

    FileNotFoundError: no such stream; PermissionError: not a stream, or not readable.
    """
    values = _core.inspect(name)
    values["state"] = StreamState(values["state"])
    return _known(StreamInfo, values)


def inspect_consumers(name: str) -> builtins.list[ConsumerInfo]:
    """The stream's consumers. Fails as inspect()."""
    consumers = _core.inspect_consumers(name)
    for values in consumers:
        values["state"] = ConsumerState(values["state"])
    return [_known(ConsumerInfo, values) for values in consumers]


def inspect_producers(name: str) -> builtins.list[ProducerInfo]:
    """The stream's producers: several, if it is shared. Fails as inspect()."""
    producers = _core.inspect_producers(name)
    for values in producers:
        values["state"] = ProducerState(values["state"])
    return [_known(ProducerInfo, values) for values in producers]


def list() -> builtins.list[str]:
    """The names of all streams in the directory, in no particular order."""
    return _core.list_streams()


def remove(name: str, *, force: bool = False) -> None:
    """Removes the name of a stream; with `force` also of a live one.

    Who is attached goes on undisturbed; nobody can attach any more. FileNotFoundError; OSError with
    EBUSY: its producer lives; PermissionError.
    """
    _core.remove(name, force)
