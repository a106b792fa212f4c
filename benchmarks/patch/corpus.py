"""Real commits as the benchmark reads them: whole texts before and after, and the diffs that git makes of them.

The corpus itself is not part of the project: its place is `PATCHWIRE_PATCH_CORPUS`, or `../shared/patch-corpus` beside
the repository.
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

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "patch-corpus" / "dev.jsonl.gz"
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
    """One real commit; `drift` are its changed files as they once were, with the merged text."""

    repo: str
    name: str
    files: tuple[FileDiff, ...]
    drift: tuple[tuple[str, str, str], ...]

    @property
    def tuning(self) -> bool:
        """Whether the engine was tuned on this commit (even last digit); the report is of the others."""
        return int(self.name[-1], 16) % 2 == 0


def corpus_path() -> Path:
    """Where the corpus is."""
    return Path(os.environ.get("PATCHWIRE_PATCH_CORPUS", DEFAULT))


def commits(path: Path) -> Iterator[Commit]:
    """Every commit of the corpus, with diffs of three lines of context."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            files = tuple(
                FileDiff(f["path"], f["before"], f["after"], f["kind"] == "A", raw_hunks(f["before"], f["after"], 3))
                for f in row["files"]
            )
            drift = tuple((d["path"], d["before"], d["after"]) for d in row["drift"])
            yield Commit(row["repo"], row["commit"], files, drift)


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
