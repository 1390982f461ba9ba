# SPDX-License-Identifier: MIT
"""The examples run, and leave nothing behind; so do the programs in the package's README."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import PATIENCE

EXAMPLES = pathlib.Path(os.environ["STREAMX_EXAMPLES"])
README = EXAMPLES.parent / "README.md"

EXPECTED = {
    "tasks": r"(put|[ab] got) \d",
    "scheduler": r"200 steps, 3 workers are right; longest send [\d.]+ ms",
    "camera": r"300 frames recorded; \d+ shown, \d+ missed in between",
    "many": r"200 streams, 5000 values, 199 ends and one crash",
}


def run(*command):
    done = subprocess.run(
        [sys.executable, "-B", *command], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name):
    said = run(EXAMPLES / f"{name}.py")
    assert said and all(re.fullmatch(EXPECTED[name], line) for line in said.splitlines()), said
    if name == "tasks":
        for who in "ab":
            assert re.findall(rf"{who} got (\d)", said) == list("01234")


def test_every_example_is_run():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


def programs():
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("number", range(len(programs())))
def test_readme_s_programs_run(number, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(programs()[number], encoding="utf-8")
    run(program)
