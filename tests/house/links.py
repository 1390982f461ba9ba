#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""links.py ROOT: what the pages in Markdown link to within the source is there."""
import pathlib
import re
import sys

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#")


def pages(root):
    for path in sorted(root.rglob("*.md")):
        top = path.relative_to(root).parts[0]
        if top != "build" and not top.startswith("."):
            yield path


def main():
    root = pathlib.Path(sys.argv[1])
    links = broken = 0
    for page in pages(root):
        for target in LINK.findall(CODE.sub("", page.read_text())):
            if ELSEWHERE.match(target):
                continue
            links += 1
            if not (page.parent / target.split("#")[0]).exists():
                print(f"{page.relative_to(root)}: {target} is not there")
                broken += 1
    print(f"{links} links, {broken} broken")
    return broken != 0 or links == 0


if __name__ == "__main__":
    sys.exit(main())
