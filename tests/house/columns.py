#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""columns.py ROOT: no line of C or C++ is longer than 100 columns, comments included."""
import pathlib
import sys

LONGEST = 100
FOLDERS = ("cli", "include", "lib", "tests")
KINDS = {".c", ".h", ".cpp", ".hpp"}


def main():
    root = pathlib.Path(sys.argv[1])
    files = wrong = 0
    for folder in FOLDERS:
        for path in sorted(root.joinpath(folder).rglob("*")):
            if path.suffix not in KINDS:
                continue
            files += 1
            for number, line in enumerate(path.read_text().split("\n"), 1):
                if len(line) > LONGEST:
                    print(f"{path.relative_to(root)}:{number}: {len(line)} columns")
                    wrong += 1
    print(f"{files} files, {wrong} lines too long")
    return wrong > 0 or files == 0


if __name__ == "__main__":
    sys.exit(main())
