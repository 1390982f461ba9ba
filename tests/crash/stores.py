#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stores.py DIRECTORY: every step that others can see has a crash point before and after it.

A step is a statement of the library that changes the shared memory (an atomic store or
read-modify-write, a memcpy into the mapping), wakes somebody, or changes the file, its name or its
locks. In the text of its function the nearest of all steps and points before it must be a point, and
so must the nearest one behind it: between two steps there is always a place to die.
"""
import pathlib
import re
import sys

POINT = re.compile(r"\bSX_CRASH_POINT\(")
STEP = re.compile(
    r"\b(atomic_(store|exchange|fetch_\w+|compare_exchange_\w+)(_explicit)?"
    r"|memcpy|memset|memmove|sx_copy_small|sx_futex_wake|linkat|link|rename|unlink|unlinkat|posix_fallocate"
    r"|fallocate|ftruncate|fchmod|pwrite|sx_liveness_hold|sx_liveness_release|munmap)\("
)

# What they change is a process's own.
PRIVATE_FILES = {
    "barrier.h": "the sanitizer's word",
    "fast.h": "what the step sx_copy_small is made of",
    "liveness.c": "what the steps sx_liveness_hold and sx_liveness_release are made of",
    "notice_thread.c": "the thread's own words",
    "process.c": "the process's token",
    "sleeper.c": "the ring of the process's own io_uring",
}
PRIVATE_STEPS = re.compile(
    r"memset\(|atomic_store_explicit\(&processors|atomic_fetch_add_explicit\(&tokens"
    r"|memcpy\((?!next_frame|to,|segment->header,|seat->)"
    r"|munmap\(base"
)

# (function, step): why it has none.
EXCEPTIONS = {
    ("copy", "memcpy"): "one of two branches, between the points of both",
    ("copy", "sx_copy_small"): "the other branch",
    ("swap_cursor", "atomic_compare_exchange_strong_explicit"): "the second swap, after "
    "a bit that was meant for another: the first one is the same store, with its points",
}


def without_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(r'/\*.*?\*/|"(\\.|[^"\\])*"', blank, text, flags=re.S)


def functions(text):
    """(name, first line, body) of each; a body begins and ends with a brace in column 0."""
    for match in re.finditer(r"^(\w[^;{}]*?(\w+)\([^;{}]*\))\n\{\n(.*?)^\}", text, re.S | re.M):
        yield match.group(2), text[: match.start(3)].count("\n") + 1, match.group(3)


def events(body):
    """(offset, step or None for a point), in order."""
    found = [(m.start(), None) for m in POINT.finditer(body)]
    for match in STEP.finditer(body):
        if not PRIVATE_STEPS.match(body, match.start()):
            found.append((match.start(), match.group(1)))
    return sorted(found, key=lambda event: event[0])


def check(path):
    """Complaints about one file, and how many steps it has."""
    complaints, steps = [], 0
    for function, line, body in functions(without_comments(path.read_text())):
        order = [(0, "")] + events(body) + [(len(body), "")]
        for before, (offset, step), behind in zip(order, order[1:], order[2:]):
            if step is None or not step:
                continue
            steps += 1
            if (function, step) in EXCEPTIONS:
                continue
            where = f"{path.name}:{line + body.count(chr(10), 0, offset)}: {function}: {step}"
            if before[1] is not None:
                complaints.append(f"{where}: no crash point before it")
            if behind[1] is not None:
                complaints.append(f"{where}: no crash point behind it")
    return complaints, steps


def main():
    complaints, steps = [], 0
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.[ch]")):
        if path.name not in PRIVATE_FILES:
            more, count = check(path)
            complaints += more
            steps += count
    print(*complaints, sep="\n", end="\n" if complaints else "")
    print(f"{steps} steps")
    return 1 if complaints or steps < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
