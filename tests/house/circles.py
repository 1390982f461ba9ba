#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""circles.py FOLDER OBJECT...: nothing in the folder looks back up.

A part is a source with its header. If one uses another, that one does not use it, be it by way of
others: told by the includes, and by the symbols of the folder's object files. Prints the parts of
each circle.
"""
import pathlib
import re
import subprocess
import sys


def add_includes(uses, folder):
    include = re.compile(rf'^#include "{folder.name}/(\w+)\.h"', re.M)
    for path in folder.glob("*.[ch]"):
        uses.setdefault(path.stem, set()).update(include.findall(path.read_text()))


def add_symbols(uses, objects):
    lines = subprocess.run(["nm", "-gA", *objects], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"(\w+)\.c\.o:[ 0-9a-f]* (\w) (\w+)$", lines, re.M)
    defined = {name: part for part, kind, name in found if kind not in "Uw"}
    for part, kind, name in found:
        if kind in "Uw" and name in defined:
            uses.setdefault(part, set()).add(defined[name])


def read_uses(folder, objects):
    """{part: parts of the folder that it uses}."""
    uses = {}
    add_includes(uses, folder)
    add_symbols(uses, objects)
    return {part: used - {part} for part, used in uses.items()}


def in_circles(uses):
    """Takes away what uses nothing that is left, and what nothing that is left uses, again and again."""
    left = {part: set(used) for part, used in uses.items()}
    while True:
        used_by_some = set().union(*left.values())
        free = {part for part, used in left.items() if not used or part not in used_by_some}
        if not free:
            return left
        left = {part: used - free for part, used in left.items() if part not in free}


def main():
    uses = read_uses(pathlib.Path(sys.argv[1]), sys.argv[2:])
    found = in_circles(uses)
    for part, used in sorted(found.items()):
        print(f"{part} uses {', '.join(sorted(used))}, and is used by it in turn")
    if not any(uses.values()):
        sys.exit("nothing uses anything")
    sys.exit(1 if found else 0)


main()
