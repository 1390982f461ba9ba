# SPDX-License-Identifier: MIT
"""pip builds a wheel from a checkout, without a network; what it holds works by itself; the sources
stay clean."""
import importlib.util
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

import streamx
from conftest import LONG

SOURCE = pathlib.Path(os.environ["STREAMX_SOURCE"])
PACKAGE = SOURCE / "lib" / "python"

NEEDED = ("pip", "setuptools", "wheel")  # looked for, not imported: setuptools changes what is loaded
pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, NEEDED)), reason="needs pip, setuptools and wheel"
)


def run(*command, **environment):
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}
    environment.pop("PYTHONPATH") if "PYTHONPATH" not in environment else None
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean():
    return sorted(path for path in PACKAGE.rglob("*") if "__pycache__" not in path.parts)


def build(what, into):
    before = clean()
    optimised = {} if LONG else {"CFLAGS": "-O0"}  # which halves the time that it takes
    command = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", into, what)
    run(*command, **optimised)
    assert clean() == before
    (wheel,) = pathlib.Path(into).glob("*.whl")
    return wheel


USE = """
import streamx
with streamx.Producer("wheel", slots=2) as p:
    c = streamx.Consumer("wheel")
    p.send([1, "two"])
    assert c.receive() == [1, "two"]
    c.ack()
print(streamx.__version__, streamx.__file__)
"""


def test_wheel_stands_by_itself(tmp_path):
    wheel = build(PACKAGE, tmp_path / "wheels")
    assert wheel.name.startswith(f"streamx-{streamx.__version__}-cp311-abi3-linux_")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    for name in ("__init__.py", "_core.pyi", "py.typed", "_core.abi3.so"):
        assert f"streamx/{name}" in names
    assert not [name for name in names if name.endswith((".c", ".h"))]
    core = tmp_path / "installed" / "streamx" / "_core.abi3.so"
    assert "libstreamx" not in run("ldd", core)
    said = run(sys.executable, "-B", "-c", USE, PYTHONPATH=str(tmp_path / "installed"))
    assert said.startswith(streamx.__version__) and str(tmp_path) in said
