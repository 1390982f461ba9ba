# SPDX-License-Identifier: MIT
"""Objects by send() and receive()."""
import dataclasses
import os
import pickle

import numpy
import pytest

import streamx


@dataclasses.dataclass
class Step:
    number: int
    tokens: list[int]
    mask: numpy.ndarray


@pytest.fixture
def pair():
    producer = streamx.Producer("s", slots=4, slot_size="1M")
    consumer = streamx.Consumer("s")
    yield producer, consumer
    consumer.close()
    producer.abandon()
    if "s" in streamx.list():
        streamx.remove("s")


PLAIN = [
    0, 1, -1, 2**63 - 1, -(2**63), 2**63, -(2**64), 10**300, -(10**300), 255, 256,
    0.0, -0.0, 1.5, float("inf"), 5e-324,
    "", "text", "äöü€😀", "a\0b", b"", b"bytes", bytes(range(256)), None, True, False,
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=range(len(PLAIN)))
def test_plain_values_come_back_as_they_were_and_unpickled_nowhere(pair, value):
    producer, consumer = pair
    producer.send(value)
    got = consumer.receive(unpickle=False)
    assert type(got) is type(value) and got == value and str(got) == str(value)


def test_nan_and_lone_surrogates(pair):
    producer, consumer = pair
    producer.send(float("nan"))
    producer.send("\ud800")
    assert str(consumer.receive()) == "nan" and consumer.receive() == "\ud800"


def test_anything_else_is_pickled(pair):
    producer, consumer = pair
    for value in ({"a": [1, (2, 3)]}, {1, 2}, range(3), bytearray(b"x"), 1j, ValueError("x").args):
        producer.send(value)
        assert consumer.receive() == value


def test_arrays_are_views_of_shared_memory(pair):
    producer, consumer = pair
    sent = numpy.arange(10000, dtype=numpy.float64).reshape(100, 100)
    producer.send({"frame": sent, "n": 1})
    got = consumer.receive()
    assert (got["frame"] == sent).all() and got["n"] == 1
    assert not got["frame"].flags.writeable and not got["frame"].flags.owndata
    assert got["frame"].ctypes.data % 32 == 0
    with pytest.raises(ValueError):
        got["frame"][0, 0] = 1


def test_copy_gives_one_s_own(pair):
    producer, consumer = pair
    sent = numpy.arange(1000)
    producer.send(sent)
    got = consumer.receive(copy=True)
    got[0] = 7
    assert got[1:].tolist() == sent[1:].tolist()


def test_several_arrays_of_every_shape(pair):
    producer, consumer = pair
    arrays = [
        numpy.zeros(0),
        numpy.ones((3, 0, 2)),
        numpy.array(5),
        numpy.asfortranarray(numpy.arange(12).reshape(3, 4)),
        numpy.arange(20)[::2],
        numpy.array(["a", "bc"]),
        numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        numpy.frombuffer(b"abc", numpy.uint8),
    ]
    producer.send(arrays)
    for sent, got in zip(arrays, consumer.receive(), strict=True):
        assert sent.dtype == got.dtype and sent.shape == got.shape and (sent == got).all()
        assert not sent.flags.f_contiguous or got.flags.f_contiguous


def test_dataclass_with_an_array(pair):
    producer, consumer = pair
    producer.send(Step(1, [2, 3], numpy.ones(5, bool)))
    got = consumer.receive()
    assert (got.number, got.tokens, got.mask.all()) == (1, [2, 3], True)


def test_arrays_keep_their_bytes_over_everything_that_follows(pair):
    producer, consumer = pair
    kept = []
    for i in range(30):
        producer.send(numpy.full(5000, i))
        kept.append(consumer.receive())
        if i % 3 == 2:
            with pytest.raises(BlockingIOError):
                consumer.receive(0)
    consumer.close()
    with streamx.Consumer("s", start="new") as other:
        for i in range(8):
            producer.send(numpy.full(5000, -1))
            other.receive()
            other.ack()
    producer.close()
    for i, array in enumerate(kept):
        assert (array == i).all()


def test_refused_where_nothing_is_to_be_unpickled(pair):
    producer, consumer = pair
    for value in ([1], numpy.ones(3)):
        producer.send(value)
        with pytest.raises(TypeError):
            consumer.receive(unpickle=False)
    producer.send(1)
    assert consumer.receive(unpickle=False) == 1


def test_object_that_cannot_be_pickled_puts_nothing(pair):
    producer, consumer = pair
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        producer.send(lambda: 1)
    producer.send("next")
    assert consumer.receive() == "next"


def test_too_large_an_object_is_told(pair):
    producer, _ = pair
    for value in (bytes(2 << 20), numpy.zeros(2 << 20, numpy.uint8), "x" * (2 << 20)):
        with pytest.raises(streamx.MessageTooLong):
            producer.send(value)


def damaged():
    """Messages that look like objects with buffers, and are not."""
    yield b""
    yield b"\0"
    yield b"\xff" * 40
    yield b"\x01" + bytes(7)
    yield b"\x05\x07"
    yield b"\x05"
    yield b"\x08"
    yield b"\x08" + bytes(14)
    whole = b"\x08\0\0\0" + (1).to_bytes(4, "little") + (10).to_bytes(8, "little")
    entry = (16).to_bytes(8, "little") + (1 << 40).to_bytes(8, "little")
    yield whole + entry + bytes(10)
    yield whole + (2**64 - 1).to_bytes(8, "little") + (2).to_bytes(8, "little") + bytes(10)
    yield b"\x08\0\0\0" + (2**32 - 1).to_bytes(4, "little") + bytes(100)
    yield b"\x08\0\0\0" + bytes(4) + (2**64 - 1).to_bytes(8, "little") + bytes(100)


@pytest.mark.parametrize("data", damaged(), ids=lambda data: f"{len(data)}")
def test_what_is_no_object_is_refused_and_passed_over(pair, data):
    producer, consumer = pair
    producer.put(data)
    with pytest.raises(ValueError):
        consumer.receive()
    producer.send("next")
    assert consumer.receive() == "next"


def test_random_bytes_never_do_harm(pair):
    producer, consumer = pair
    for i in range(2000):
        producer.put(bytes([(1, 2, 3, 4, 5, 6, 8)[i % 7]]) + os.urandom(i % 60))
        try:
            consumer.receive(unpickle=i % 7 == 6)
        except (ValueError, TypeError, EOFError, pickle.UnpicklingError):
            pass
        except Exception as failure:  # whatever a pickle of noise may raise
            assert i % 7 == 6, failure


class Meddler:
    """Its unpickling uses the consumer that receives it."""

    def __reduce__(self):
        return meddle, ()


meddled = []


def meddle():
    with pytest.raises(RuntimeError):
        meddled[0].receive(0)
    with pytest.raises(RuntimeError):
        meddled[0].close()
    return "meddled"


def test_unpickling_cannot_use_the_handle(pair):
    producer, consumer = pair
    meddled[:] = [consumer]
    producer.send(Meddler())
    assert consumer.receive() == "meddled"
    meddled.clear()
