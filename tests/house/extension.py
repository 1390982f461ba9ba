#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""extension.py SRC: the C part of the Python package has no circles.

The head of core.h names its parts from the ground up. Each part includes the headers of those before
it and of none behind, and a header declares only what its own source defines; so what a file calls
lies below it.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include "(\w+)\.h"', re.M)
DECLARED = re.compile(r"^(?!static |typedef |#)[a-z][\w *]*?\b(\w+)\((?:[^;{}]|\n)*?\);", re.M)
DEFINED = re.compile(r"^(?!static |#)[a-z][\w *]*?\b(\w+)\((?:[^;{}]|\n)*?\)\n\{", re.M)


def read_order(core):
    head = core.read_text(encoding="utf-8").split("*/")[1].split("ground up")[1]
    lines = [line.split("   ")[0] for line in re.findall(r"^ \*     (\w.*)$", head, re.M)]
    return ["core", *re.findall(r"\w+", " ".join(lines))]


def faults(src):
    order = read_order(src / "core.h")
    files = sorted(src.glob("*.[ch]"))
    sources = {path.stem for path in files if path.suffix == ".c"}
    for part in sorted(sources ^ (set(order) - {"core"})):
        yield f"{part}: not both a source and a part that core.h names"
    for path in files:
        text = path.read_text(encoding="utf-8")
        below = order[: order.index(path.stem) + 1] if path.stem in order else order
        for header in INCLUDE.findall(text):
            if header != "streamx" and (src / f"{header}.h").exists() and header in order:
                if header not in below:
                    yield f"{path.name} includes {header}.h, which is above it"
        if path.suffix == ".h":
            source = path.with_suffix(".c")
            defined = DEFINED.findall(source.read_text(encoding="utf-8")) if source.exists() else []
            for name in DECLARED.findall(text):
                if name not in defined:
                    yield f"{path.name} declares {name}(), which its source does not define"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    for fault in found:
        print(fault)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
