# SPDX-License-Identifier: MIT
"""The package as others see it: types, documentation, version."""
import inspect
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import streamx
from conftest import LONG

EXAMPLES = pathlib.Path(os.environ["STREAMX_EXAMPLES"])
PACKAGE = pathlib.Path(streamx.__file__).resolve().parent

PROGRAM = '''
import array
import asyncio
import numpy
import streamx

producer = streamx.Producer("s", slots=4, slot_size="8M", min_consumers=2)
with producer as p:
    p.put(b"x", timeout=1.0)
    p.put_many([b"a", bytearray(b"b"), memoryview(b"c"), array.array("b"), numpy.zeros(3)])
    with p.loan(10) as view:
        view[:] = bytes(10)
    events: streamx.Event = p.wait(streamx.ROOM | streamx.ALONE)
for message in streamx.Consumer("s"):
    data: memoryview = message.data
    seq: int = message.seq
    p.put(message)

async def main() -> int:
    async for message in streamx.Consumer("s"):
        copy: bytes = bytes(message)
    await producer.aput(b"")
    stream = streamx.AsyncStream[int]("numbers")
    await stream.put(1)
    async with stream:
        async for value in stream:
            return value
    return streamx.inspect("s").published
'''

WRONG = {
    '''
import streamx

async def main() -> None:
    await streamx.AsyncStream[int]().put("text")
''': 'incompatible type "str"; expected "int"',
    '''
import streamx

streamx.Producer("s").put("text")
''': 'argument type "str"',
    '''
import streamx

with streamx.Consumer("s") as consumer:
    consumer.next().seq = 5
''': "read-only",
}


@pytest.mark.skipif(not shutil.which("mypy"), reason="mypy is not installed")
def test_mypy_is_content_and_finds_mistakes(tmp_path):
    """--strict: with the package, its examples, and a user's program; each mistake is found."""
    programs = [PROGRAM, *WRONG]
    for number, text in enumerate(programs):
        (tmp_path / f"program_{number}.py").write_text(text, encoding="utf-8")
    cache = os.environ.get("STREAMX_MYPY_CACHE", str(tmp_path / "cache"))
    settings = tmp_path / "mypy.ini"  # in a short run numpy is taken for anything: it is as much again
    settings.write_text("[mypy]\n" + ("" if LONG else "[mypy-numpy.*]\nfollow_imports = skip\n"))
    command = ["mypy", "--strict", "--config-file", str(settings), "--cache-dir", cache, str(PACKAGE)]
    command += [*map(str, sorted(EXAMPLES.glob("*.py"))), *map(str, sorted(tmp_path.glob("*.py")))]
    said = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent).stdout
    errors = [line for line in said.splitlines() if "error:" in line]
    assert len(errors) == len(WRONG), said
    for number, words in enumerate(WRONG.values(), 1):
        assert any(f"program_{number}.py" in e and words in e for e in errors), said
    assert (PACKAGE / "py.typed").exists()


def public(kind):
    return [n for n in dir(kind) if not n.startswith("_")]


def test_everything_public_is_documented():
    for name in streamx.__all__:
        thing = getattr(streamx, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name
    for kind in (streamx.Producer, streamx.Consumer, streamx.Message, streamx.Loan, streamx.AsyncStream):
        for name in public(kind):
            assert inspect.getdoc(getattr(kind, name)), f"{kind.__name__}.{name}"


def test_stubs_name_what_is_there():
    from streamx import _core

    stubs = (PACKAGE / "_core.pyi").read_text(encoding="utf-8")
    for kind in (_core.Producer, _core.Consumer, _core.Message, _core.Loan):
        for name in public(kind):
            assert f"def {name}(" in stubs, name


def test_version_is_the_library_s():
    assert streamx.__version__.count(".") == 2
    assert sys.version_info >= (3, 11)
