#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""litmus.py LIB [PAIRS]: the pairs of the protocol on a weakly ordered processor.

Tries every order in which the accesses of each test can become visible on aarch64: one memory that
all see alike, and processors that do what they have to do in any order but where something keeps it:
the same word, a release or an acquire, a barrier, a branch before a store. (x86 keeps far more.) The
heavy barrier has every other thread pass a full one between two of its accesses. An acquire may come
before an earlier release, as it does where compilers use the weaker of aarch64's two.

The memory orders and barriers are those of the source; and each that a test says it needs is weakened
once, which must break it: a test that cannot fail shows nothing."""
import fnmatch
import itertools
import pathlib
import re
import sys

ACQUIRING = {"acquire", "acq_rel", "seq_cst"}
RELEASING = {"release", "acq_rel", "seq_cst"}
BARRIERS = {
    "sx_barrier_full": "full", "sx_barrier_heavy": "heavy", "sx_fence_pass": "light",
    "sx_barrier_heavy_in_time": "heavy", "sx_barrier_light": "light",
    "sx_barrier_stores": "stores", "sx_barrier_loads": "loads", None: "light",
}


class Source:
    """Looks up what the library says."""

    def __init__(self, lib):
        self.lib = pathlib.Path(lib)
        self.text = {str(p.relative_to(self.lib)): re.sub(r"/\*.*?\*/", "", p.read_text(), flags=re.S)
                     for p in sorted(self.lib.rglob("*.[ch]"))}

    def step_order(self, step):
        for text in self.text.values():
            if m := re.search(rf"\bSX_(?:STORE|ADD|SWAP|SWAP_WEAK)\({step},(?:[^;]*?)memory_order_(\w+)",
                              text, re.S):
                return m.group(1)
        raise SystemExit(f"litmus: no step {step} in the library")

    def load_order(self, files, word):
        """With which order a file first loads the word; of several files, the weakest of theirs."""
        pattern = rf"atomic_load_explicit\([^;]*?\b{word}(?:\[[^;]*?\])?,\s*memory_order_(\w+)"
        orders = [m.group(1) for file, text in self.text.items() if fnmatch.fnmatch(file, files)
                  if (m := re.search(pattern, text))]
        if not orders:
            raise SystemExit(f"litmus: no load of {word} in {files}")
        return min(orders, key=["relaxed", "acquire", "seq_cst"].index)

    def has_call(self, file, function, call):
        text = self.text[file]
        if function != "*":
            m = re.search(rf"^\w[^;{{}}]*\b{function}\([^;{{}}]*\)\n\{{\n(.*?)^\}}", text, re.S | re.M)
            if not m:
                raise SystemExit(f"litmus: no function {function} in {file}")
            text = m.group(1)
        return re.search(rf"\b{call}\(", text) is not None


class Event:
    """An access or a barrier of one thread. `name`: by which a test says that it needs it."""

    def __init__(self, kind, name, word=None, value=None, order="relaxed"):
        self.kind, self.name, self.word, self.value, self.order = kind, name, word, value, order

    def reads(self):
        return self.kind == "load"

    def writes(self):
        return self.kind == "store"


def keeps(a, b):
    """Whether a, before b in its thread and next to it but for barriers, becomes visible before b."""
    if a.kind in ("full", "heavy") or b.kind in ("full", "heavy"):
        return True
    if a.kind == "stores":
        return b.writes()
    if b.kind == "stores":
        return a.writes()
    if a.kind == "loads":
        return True
    if b.kind == "loads":
        return a.reads()
    if a.kind == "branch":
        return b.writes()
    if b.kind == "branch":
        return a.reads() and a.value == b.value
    if a.word == b.word and not (a.writes() and b.reads()):
        return True
    return ((a.reads() and a.order in ACQUIRING) or (b.writes() and b.order in RELEASING)
            or (a.order == b.order == "seq_cst"))


def before(thread):
    """For each event of a thread, which of the earlier ones must come first."""
    thread = [event for event in thread if event.kind != "light"]
    return thread, [{i for i in range(j) if keeps(thread[i], thread[j])} for j in range(len(thread))]


def outcomes(threads):
    """All that registers and words can be in the end."""
    threads = [before(thread) for thread in threads]
    words = {e.word for thread, _ in threads for e in thread if e.word}
    start = (tuple(frozenset() for _ in threads), tuple(sorted((w, 0) for w in words)), ())
    seen, left, ends = {start}, [start], set()
    while left:
        state = left.pop()
        moves = list(successors(threads, *state))
        if not moves:
            ends.add((state[1], state[2]))
        for move in moves:
            if move not in seen:
                seen.add(move)
                left.append(move)
    return [dict(memory) | dict(registers) for memory, registers in ends]


def successors(threads, done, memory, registers):
    for t, (thread, first) in enumerate(threads):
        for i, event in enumerate(thread):
            if i in done[t] or not first[i] <= done[t]:
                continue
            if event.kind == "heavy" and not all(
                    u == t or done[u] == frozenset(range(len(done[u]))) for u in range(len(threads))):
                continue  # the others stand between two accesses
            now, after, held = done[:t] + (done[t] | {i},) + done[t + 1:], memory, registers
            if event.writes():
                after = tuple((w, event.value if w == event.word else v) for w, v in memory)
            elif event.reads():
                own = [e.value for j, e in enumerate(thread[:i])
                       if e.writes() and e.word == event.word and j not in done[t]]
                value = own[-1] if own else dict(memory)[event.word]
                held = tuple(sorted(registers + ((event.value, value),)))
            yield now, after, held


def parse(path, source):
    """Yields (name, threads, condition, needs)."""
    name = threads = condition = None
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "test":
            name, threads = words[1].rstrip(":"), []
        elif words[0] == "thread":
            threads.append([])
        elif words[0] == "never":
            condition = line.split(None, 1)[1]
        elif words[0] == "needs":
            yield name, threads, condition, [n.strip() for n in line.split(None, 1)[1].split(",")]
        elif words[0] == "store":
            plain = words[3] == "plain"
            step = words[2] if plain else words[4]
            threads[-1].append(Event("store", step, words[1], int(words[2]),
                                     "relaxed" if plain else source.step_order(step)))
        elif words[0] == "load":
            order = ("relaxed" if words[3] == "plain" else source.step_order(words[4])
                     if len(words) == 5 else source.load_order(words[4], words[5]))
            threads[-1].append(Event("load", f"load {words[1]}", words[1], words[2], order))
        elif words[0] == "barrier":
            _, _, file, function, call = words
            kind = BARRIERS[call if source.has_call(file, function, call) else None]
            threads[-1].append(Event(kind, f"{function} {call}"))
        elif words[0] == "branch":
            threads[-1].append(Event("branch", "branch", value=words[1]))
        else:
            raise SystemExit(f"litmus: what is this? {line}")


def holds(threads, condition):
    return not any(eval(condition, {}, end) for end in outcomes(threads))


def weakened(threads, need):
    """The same without one thing, wherever a thread has it."""
    def weaken(event):
        if event.name != need and not event.name.endswith(" " + need):
            return event
        return Event("light" if event.kind in BARRIERS.values() else event.kind, event.name,
                     event.word, event.value)

    return [[weaken(event) for event in thread] for thread in threads]


def main():
    source = Source(sys.argv[1])
    pairs = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).with_name("pairs.litmus")
    failures = tests = weakenings = 0
    for name, threads, condition, needs in parse(pairs, source):
        tests += 1
        if not holds(threads, condition):
            print(f"{name}: it can come to {condition}")
            failures += 1
            continue
        for need in needs:
            weakenings += 1
            names = {e.name for e in itertools.chain(*threads)}
            if not any(n == need or n.endswith(" " + need) for n in names):
                print(f"{name}: it has no {need}")
                failures += 1
            elif holds(weakened(threads, need), condition):
                print(f"{name}: it holds without {need} too, so that it does not show that")
                failures += 1
    print(f"{tests} tests, {weakenings} weakenings, {failures} failures")
    return failures != 0 or tests == 0


if __name__ == "__main__":
    sys.exit(main())
