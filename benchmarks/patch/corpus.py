"""Real commits as the benchmark reads them: whole texts before and after, and the diffs that git makes of them.

No corpus is part of the project. The one to report on is made by `benchmarks.patch.fresh`; the one that the engine was
tuned on is in `../shared/patch-corpus` beside the repository; `PATCHWIRE_PATCH_CORPUS` names another.
"""

import gzip
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
FRESH = _ROOT / "build" / "patch-corpus"
_TUNING = _ROOT.parent / "shared" / "patch-corpus" / "dev.jsonl.gz"
_HEADER = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)")


@dataclass(frozen=True, slots=True)
class RawHunk:
    """A hunk as git printed it: body lines with their signs, `\\ No newline` lines too."""

    old: int
    new: int
    heading: str
    body: tuple[str, ...]

    def count(self, signs: str) -> int:
        """How many body lines have one of these signs."""
        return sum((line[:1] or " ") in signs for line in self.body)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a commit: its texts and its hunks."""

    path: str
    before: str
    after: str
    added: bool
    hunks: tuple[RawHunk, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One real commit; `drift` are its changed files as they once were, with the merged text.

    `tuning` tells whether the engine was tuned on it; the report is of the others.
    """

    repo: str
    name: str
    files: tuple[FileDiff, ...]
    drift: tuple[tuple[str, str, str], ...]
    tuning: bool


def corpus_path() -> Path:
    """Where the corpus is: the one that is named, or the last fresh one, or the one to tune on."""
    fresh = sorted(FRESH.glob("draw-*.jsonl.gz"))
    return Path(os.environ.get("PATCHWIRE_PATCH_CORPUS") or (fresh[-1] if fresh else _TUNING))


def commits(path: Path) -> Iterator[Commit]:
    """Every commit of the corpus, with diffs of three lines of context."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            files = tuple(
                FileDiff(f["path"], f["before"], f["after"], f["kind"] == "A", raw_hunks(f["before"], f["after"], 3))
                for f in row["files"]
            )
            drift = tuple((d["path"], d["before"], d["after"]) for d in row["drift"])
            tuning = "release" not in row and int(row["commit"][-1], 16) % 2 == 0
            yield Commit(row["repo"], row["commit"], files, drift, tuning)


def raw_hunks(before: str, after: str, context: int) -> tuple[RawHunk, ...]:
    """The hunks that git makes of two texts."""
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place, "old"), Path(place, "new")
        old.write_bytes(before.encode("utf-8", "surrogateescape"))
        new.write_bytes(after.encode("utf-8", "surrogateescape"))
        command = ["git", "diff", "--no-index", "--no-color", f"-U{context}", str(old), str(new)]
        out = subprocess.run(command, capture_output=True, check=False).stdout.decode("utf-8", "surrogateescape")
    hunks: list[RawHunk] = []
    for line in out.split("\n")[:-1]:
        found = _HEADER.match(line)
        if found:
            hunks.append(RawHunk(int(found[1]), int(found[2]), found[3], ()))
        elif hunks:
            hunks[-1] = replace(hunks[-1], body=(*hunks[-1].body, line))
    return tuple(hunks)


def with_context(file: FileDiff, context: int) -> FileDiff:
    """The same file with another number of context lines."""
    return replace(file, hunks=raw_hunks(file.before, file.after, context))
