"""What a test runner of another language has told, as values; and the few things that all readers of such reports do.

Reports are written by processes that run code under test: nothing in one is trusted to be of the expected shape.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.plain_text import plain_text
from patchwire.adapters.runners.report import shortened
from patchwire.task import Frame, TestResult, TestStatus

REPORT_LIMIT = 64 * 1024 * 1024
_MOST_FRAMES = 30
_FOREIGN = re.compile(r"(?:^|/)(?:node_modules|site-packages|vendor|\.cargo|target)/")
# `at f (/a/b.js:3:4)`, `file:///a/b.mjs:3:4`, `src/lib.rs:3:4`, `/a/b_test.go:3 +0x1`, `    b_test.go:3: text`
_PLACE = re.compile(
    r"(?P<path>(?:file://)?[^\s():'\"`]+\.(?:[cm]?[jt]sx?|go|rs|rb|py|java|kt|php|c|cc|cpp)):(?P<line>\d+)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """`incomplete` says why a green run would not be believed; empty if it would."""

    results: tuple[TestResult, ...] = ()
    incomplete: str = ""


def read_report(report: Path, runner: str) -> tuple[bytes, str]:
    """The bytes of a report file, and why they are not to be had."""
    try:
        with open_regular(report) as file:
            data = file.read(REPORT_LIMIT + 1)
        if len(data) > REPORT_LIMIT:
            return b"", f"the report of {runner} is larger than {REPORT_LIMIT // 2**20} MiB"
        return data, ""
    except OSError:
        return b"", f"{runner} wrote no report (the tests left the process?)"


def inside(path: str, root: Path) -> str | None:
    """A path that a runner told, relative to the tree; None for what is not the tree's own."""
    path = unquote(path.removeprefix("file://")) if path.startswith("file://") else path
    if os.path.isabs(path):  # noqa: PTH117  # `relpath` wants the text that was told, too
        path = os.path.relpath(path, root)
    relative = os.path.normpath(path).replace(os.sep, "/")
    return None if relative.startswith("../") or relative in {".", ".."} or _FOREIGN.search(relative) else relative


def frames(text: str, root: Path, beside: str = "") -> tuple[Frame, ...]:
    """The places in the tree that a message names, in its order. `beside` is where names without a directory lie."""
    found: dict[Frame, None] = {}
    for match in _PLACE.finditer(text):
        path = inside(match["path"], root)
        if path is not None and "/" not in path and beside:
            path = f"{beside}/{path}"
        if path is not None and (root / path).is_file():
            found[Frame(path, int(match["line"]), "")] = None
        if len(found) == _MOST_FRAMES:
            break
    return tuple(found)


def message(text: str) -> str:
    """Text of a stranger's as a message: harmless and bounded."""
    return shortened(plain_text(text).strip("\n"))


def numbered(results: Iterable[TestResult]) -> tuple[TestResult, ...]:
    """The results with every id unlike the others: the second of a name gets ` #2`."""
    seen: dict[str, int] = {}
    found = []
    for result in results:
        seen[result.id] = times = seen.get(result.id, 0) + 1
        found.append(result if times == 1 else replace(result, id=f"{result.id} #{times}"))
    return tuple(found)


def counted(results: Sequence[TestResult], status: TestStatus) -> int:
    """How many ended so."""
    return sum(result.status is status for result in results)


def split(targets: Sequence[str]) -> tuple[list[str], list[str]]:
    """Targets as files (each once) and names of tests in them."""
    files: dict[str, None] = {}
    names: dict[str, None] = {}
    for target in targets:
        file, _, name = target.partition("::")
        files[file] = None
        if name:
            names[re.sub(r" #\d+$", "", name)] = None
    whole = {target for target in targets if "::" not in target}
    return list(files), [] if whole else list(names)
