#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""order.py LIB OBJECT...: the library is what lib/README.md, section 2, says it is.

Its table names the parts from the ground up. Each part uses those above it in the table and nothing
below: told by the symbols of the object files, which see every call, and by the includes, which see
what headers alone are made of. Every file is of a part that the table names, and the other way round.
And each part changes in the shared memory the words that its row names, all of them and no others.
"""
import itertools
import pathlib
import re
import subprocess
import sys

FOLDER = re.compile(r"^\| \*\*(\w+)/\*\* \|")
PART = re.compile(r"^\| (\w+) \| (.+) \| (.*) ?\|$")
INCLUDE = re.compile(r'^#include "(\w+/\w+)\.h"', re.M)
CHANGE = re.compile(
    r"\b(?:SX_(?:STORE|ADD|SWAP|SWAP_WEAK)\(\s*\w+,\s*|atomic_fetch_\w+\(\s*)([^,]+),"
    r"|\bsx_store_pair\(\s*(&[^,]+),[^,]+,\s*(&[^,]+),"
)
# Not words of the layout: a lock, the file, what is copied in.
NO_WORDS = {"label", "payload"}


def read_table(readme):
    """{part: words it writes}, in order."""
    section = readme.read_text().split("\n## 2. ")[1].split("\n## 3. ")[0]
    parts, folder = {}, None
    for line in section.splitlines():
        if match := FOLDER.match(line):
            folder = match.group(1)
        elif folder and (match := PART.match(line)):
            parts[f"{folder}/{match.group(1)}"] = set(re.findall(r"`(\w+)`", match.group(3)))
    return parts


def part_of(path, top):
    return str(path.relative_to(top).with_suffix(""))


def part_of_object(path):
    return re.search(r"\.dir/(?:\./)?(.+)\.c\.o$", path).group(1)


def uses_by_symbols(objects):
    """(user, used, what) for each symbol that an object uses and another one defines."""
    lines = subprocess.run(["nm", "-gA", *objects], check=True, capture_output=True, text=True).stdout
    defined, used = {}, []
    for path, kind, name in re.findall(r"^(.*?):[ 0-9a-f]* (\w) (\w+)$", lines, re.M):
        if kind in "Uw":
            used.append((part_of_object(path), name))
        else:
            defined[name] = part_of_object(path)
    yield from ((part, defined[name], name) for part, name in sorted(used) if name in defined)


def uses_by_includes(sources, top):
    for path in sources:
        for header in INCLUDE.findall(path.read_text()):
            yield part_of(path, top), header, f"#include in {path.name}"


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def words_changed(sources, top):
    """{part: words of the shared memory that its files change}."""
    changed = {}
    for path in sources:
        if path.name == "store.h":
            continue
        changes = CHANGE.findall(without_comments(path.read_text()))
        for target in filter(None, itertools.chain.from_iterable(changes)):
            word = re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", target))[-1]
            changed.setdefault(part_of(path, top), set()).add(word)
    return changed


def private(part, word):
    """What is stored atomically, but by a process for itself."""
    return (part, word) in {
        ("kernel/barrier", "sx_barrier_word"),
        ("kernel/process", "word"),
        ("kernel/process", "known"),
        ("waiting/notice_ring", "tokens"),
        ("waiting/notice_thread", "command"),
        ("waiting/arming", "sq_tail"),
    }


def check(top, objects):
    parts = read_table(top / "README.md")
    order = {part: i for i, part in enumerate(parts)}
    sources = sorted(path for path in top.glob("*/*.[ch]"))
    there = {part_of(path, top) for path in sources}
    changed = words_changed(sources, top)
    yield from (f"{part}: a file, and not named by section 2" for part in sorted(there - set(parts)))
    yield from (f"{part}: named by section 2, and no file" for part in parts if part not in there)
    compiled = {part_of_object(path) for path in objects}
    for path in sources:
        if path.suffix == ".c" and part_of(path, top) not in compiled:
            yield f"{part_of(path, top)}: not compiled"
    for user, used, what in [*uses_by_symbols(objects), *uses_by_includes(sources, top)]:
        if user in order and used in order and order[user] < order[used]:
            yield f"{user}: uses {used}, which stands below it: {what}"
    for part, named in parts.items():
        words = {word for word in changed.get(part, set()) if not private(part, word)}
        yield from (f"{part}: changes `{word}`, which its row does not say" for word in sorted(words - named))
        yield from (f"{part}: is said to change `{word}`, and does not" for word in sorted(named - words - NO_WORDS))


def main():
    complaints = list(check(pathlib.Path(sys.argv[1]), sys.argv[2:]))
    if len(sys.argv) < 20 or not read_table(pathlib.Path(sys.argv[1]) / "README.md"):
        complaints.append("nothing was checked")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
