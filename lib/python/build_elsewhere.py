# SPDX-License-Identifier: MIT
"""The build backend: setuptools, on a copy of what it needs, so that the sources stay clean.

The extension holds the library, so a wheel needs nothing but Python and the kernel. From a checkout
the library's sources are taken from above; a source distribution has them inside, laid out the same:

    setup.py  streamx/  src/        this directory
    lib/  include/                  the library's C files and headers
"""
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from setuptools import build_meta

HERE = Path(__file__).resolve().parent


def _library():
    """Where lib/ and include/ are."""
    return HERE if (HERE / "include").is_dir() else HERE.parent.parent


def _copy_library(work):
    root = _library()
    for top in ("lib", "include"):
        for source in sorted((root / top).rglob("*.[ch]")):
            place = source.relative_to(root)
            if place.parts[:2] != ("lib", "python"):
                (work / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, work / place)


@contextlib.contextmanager
def _elsewhere():
    with tempfile.TemporaryDirectory(prefix="streamx-build.") as scratch:
        work = Path(scratch, "streamx")
        ignored = shutil.ignore_patterns("lib", "include", "build", "*.egg-info", "__pycache__", "*.so")
        shutil.copytree(HERE, work, ignore=ignored)
        _copy_library(work)
        before = os.getcwd()
        os.chdir(work)
        sys.path.insert(0, str(work))
        try:
            yield
        finally:
            sys.path.remove(str(work))
            os.chdir(before)


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    target = os.path.abspath(wheel_directory)
    with _elsewhere():
        return build_meta.build_wheel(target, config_settings)


def build_sdist(sdist_directory, config_settings=None):
    target = os.path.abspath(sdist_directory)
    with _elsewhere():
        return build_meta.build_sdist(target, config_settings)
