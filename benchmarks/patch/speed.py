"""How long a patch takes in large files, and a long list of edits. Each number is the best of a few runs."""

import random
import re
import time
from collections.abc import Callable
from functools import partial

from patchwire.patch.apply import apply_text
from patchwire.patch.diff import text_edits, unified

RUNS = 5


def best(work: Callable[[], object]) -> float:
    """The shortest of a few runs, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def source(lines: int) -> list[str]:
    """A file with repeated and unrepeated lines, as code has."""
    rng = random.Random(7)
    common = ["", "", "}", "    return None", "    if not found:", "    else:"]
    return [rng.choice(common) if rng.random() < 0.4 else f"    value_{i} = compute({i % 977})" for i in range(lines)]


def indented(patch: str) -> str:
    """The patch with every line of its body that has text indented by two more spaces."""
    return re.sub(r"(?m)^([ +-])(?!-- |\+\+ )(?=.*\S)", r"\1  ", patch)


def altered(patch: str) -> str:
    """The patch with another first context line, in each hunk, than the file has."""
    return re.sub(r"(?m)^(@@ .*\n (?:\n )*.*\S.*)$", r"\1  # as it was", patch)


def kinds(patch: str) -> dict[str, str]:
    """What becomes of a patch on its way from a model."""
    bare = re.sub(r"(?m)^@@ .*$", "@@ @@", patch)
    return {
        "true numbers": patch,
        "no numbers": bare,
        "wrong indentation": indented(patch),
        "wrong indentation, no numbers": indented(bare),
        "changed context": altered(patch),
        "changed context, no numbers": altered(bare),
    }


def rows() -> list[tuple[str, float]]:
    """Each measurement with its name."""
    out = []
    for size in (1_000, 10_000, 100_000):
        lines = source(size)
        before = "\n".join(lines) + "\n"
        at = size * 2 // 3
        changed = [*lines[:at], "    changed = True", *lines[at : at + 3], "    again = True", *lines[at + 3 :]]
        patch = unified(before, "\n".join(changed) + "\n", "x.py")
        files = {"x.py": before}
        for kind, text in kinds(patch).items():
            assert apply_text(text, files) == {"x.py": "\n".join(changed) + "\n"}, kind
            out.append((f"one hunk, {size:,} lines, {kind}", best(partial(apply_text, text, files))))
    lines = source(100_000)
    before = "\n".join(lines) + "\n"
    rng = random.Random(1)
    for at in sorted(rng.sample(range(len(lines)), 2_000), reverse=True):
        way = rng.random()
        lines[at : at + (way < 0.7)] = [] if way < 0.3 else [f"new line {at}"]
    after = "\n".join(lines) + "\n"
    edits = len(text_edits(before, after))
    out.append((f"edit list, 100,000 lines, {edits:,} edits", best(lambda: text_edits(before, after))))
    patch = unified(before, after, "x.py")
    hunks = patch.count("\n@@ ")
    out.append((f"unified diff of the same, {hunks:,} hunks", best(lambda: unified(before, after, "x.py"))))
    for kind, text in kinds(patch).items():
        if "context" not in kind:
            out.append(
                (f"that diff applied, {hunks:,} hunks, {kind}", best(partial(apply_text, text, {"x.py": before})))
            )
    return out
