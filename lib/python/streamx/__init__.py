# SPDX-License-Identifier: MIT
"""Broadcast streams between processes over shared memory.

One process puts messages in; every attached process gets every one of them, in order, where they
lie. The producer waits until all consumers are done with a message before it reuses that message's
slot, so nothing is lost; who waits sleeps, and a process that dies holds nobody up.

    with streamx.Producer("frames", slots=4, slot_size="8M") as producer:
        producer.put(b"any buffer: bytes, a memoryview, a numpy array")

    for message in streamx.Consumer("frames"):
        print(message.seq, len(message), bytes(message))

Producer and Consumer move bytes; their send() and receive() move objects, of which arrays arrive as
views of shared memory, uncopied. Both wait in threads as well as, by the methods that begin with
"a", on an asyncio loop. AsyncStream is a stream of values among tasks and processes.

Times are seconds as float. A timeout of None is for ever, of 0 is not at all. Errors that every call
may raise are said in its documentation; all of them are Python's own, or of these:

    ProducerDied    (ConnectionError)   the producer died without an end of the stream
    Evicted         (ConnectionError)   this consumer held the producer up for too long
    MessageTooLong  (OSError, ValueError)
    TypeMismatch    (OSError, TypeError)

Handles may be used from any thread; calls of several threads on one take turns. They stay with the
process that made them: in a forked child their calls raise PermissionError.
"""
import os as _os

from . import _core
from ._consumer import Consumer
from ._core import Evicted, Loan, Message, MessageTooLong, ProducerDied, TypeMismatch
from ._inspect import (
    ConsumerInfo,
    ConsumerState,
    ProducerInfo,
    ProducerState,
    StreamInfo,
    StreamState,
    inspect,
    inspect_consumers,
    inspect_producers,
    list,
    remove,
)
from ._producer import ALONE, ATTACHED, DRAINED, ROOM, Event, Producer
from ._stream import AsyncStream

__all__ = [
    "ALONE",
    "ATTACHED",
    "AsyncStream",
    "Consumer",
    "ConsumerInfo",
    "ConsumerState",
    "DRAINED",
    "Event",
    "Evicted",
    "Loan",
    "Message",
    "MessageTooLong",
    "Producer",
    "ProducerDied",
    "ProducerInfo",
    "ProducerState",
    "ROOM",
    "StreamInfo",
    "StreamState",
    "TypeMismatch",
    "inspect",
    "inspect_consumers",
    "inspect_producers",
    "list",
    "remove",
]

__version__ = _core.__version__

_os.register_at_fork(before=_core.before_fork, after_in_child=_core.forked)
