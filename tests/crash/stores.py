#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stores.py DIRECTORY: every change that others can see is made by a macro of memory/store.h.

Such a change is an atomic store or read-modify-write, a memcpy into the mapping, a wake, or a step of
the file, its name or its locks. The macros put a place to die on both sides of it.
"""
import pathlib
import re
import sys

MACRO = re.compile(r"\bSX_(?:STEP|TRY|STORE|ADD|SWAP|SWAP_WEAK)\(")
CHANGE = re.compile(
    r"\b(atomic_(?:store|exchange|fetch_\w+|compare_exchange_\w+|flag_\w+|init)(?:_explicit)?"
    r"|memcpy|memset|memmove|sx_copy|sx_copy_small|sx_store_pair|sx_futex_wake|linkat|link|rename|renameat2?|unlink"
    r"|unlinkat|posix_fallocate|fallocate|ftruncate|fchmod|pwrite|sx_liveness_hold|sx_liveness_release"
    r"|munmap)\("
)

# What they change is a process's own.
PRIVATE_FILES = {
    "kernel/barrier.h": "the sanitizer's word",
    "kernel/dump.c": "when it was looked last",
    "kernel/liveness.c": "what sx_liveness_hold and sx_liveness_release are made of",
    "kernel/process.c": "the process's word",
    "memory/store.h": "what the macros are made of",
    "memory/fast.h": "what sx_copy and sx_store_pair are made of",
    "waiting/arming.c": "the ring of the process's own io_uring",
    "waiting/notice_thread.c": "the thread's own words",
    "waiting/own_ring.c": "likewise",
}
PRIVATE_CHANGES = re.compile(
    r"memset\(|atomic_store_explicit\(&processors|atomic_fetch_add_explicit\(&tokens"
    r"|memcpy\((?!to,|segment->|seat->|frame|p->segment|control->)"
    r"|munmap\(base"
)


def without_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(r'/\*.*?\*/|"(\\.|[^"\\])*"', blank, text, flags=re.S)


def end_of_call(text, offset):
    """Where the parenthesis that opens before `offset` is closed."""
    depth = 1
    while depth > 0:
        depth += {"(": 1, ")": -1}.get(text[offset], 0)
        offset += 1
    return offset


def without_macros(text):
    """The text with each macro's call blanked, and how many there were."""
    count = 0
    while match := MACRO.search(text):
        end = end_of_call(text, match.end())
        text = text[: match.start()] + re.sub(r"[^\n]", " ", text[match.start() : end]) + text[end:]
        count += 1
    return text, count


def in_a_body(text, offset):
    """Not where a function is declared or defined: that begins in column 0."""
    return text[text.rfind("\n", 0, offset) + 1].isspace()


def check(name, text):
    """Complaints about one file, and how many changes it makes properly."""
    text, count = without_macros(without_comments(text))
    complaints = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(1)}: not by a macro of store.h"
        for match in CHANGE.finditer(text)
        if in_a_body(text, match.start()) and not PRIVATE_CHANGES.match(text, match.start())
    ]
    return complaints, count


def main():
    complaints, changes = [], 0
    top = pathlib.Path(sys.argv[1])
    sources = {str(path.relative_to(top)): path for path in sorted(top.rglob("*.[ch]"))
               if path.relative_to(top).parts[0] != "python"}  # which is a user of the library
    complaints += [f"{name}: named here, and not there" for name in PRIVATE_FILES if name not in sources]
    for name, path in sources.items():
        if name not in PRIVATE_FILES:
            more, count = check(name, path.read_text())
            complaints += more
            changes += count
    print(*complaints, sep="\n", end="\n" if complaints else "")
    print(f"{changes} changes")
    return 1 if complaints or changes < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
