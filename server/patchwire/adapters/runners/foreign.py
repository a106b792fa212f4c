"""Test runners of other languages: started so that they report in a form of their own, and read by one file each.

A runner says how its command is to be changed and how its report is read; starting, judging and bounding is the same
for all.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.process import run
from patchwire.adapters.runners.cargo import Cargo
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.go import Go
from patchwire.adapters.runners.javascript import Jest, Node, Vitest
from patchwire.adapters.runners.junit import Mocha, read_all
from patchwire.adapters.runners.place import Place, outside_note
from patchwire.adapters.runners.report import concluded, report
from patchwire.adapters.runners.told import REPORT_LIMIT, Told
from patchwire.task import TestReport, Verdict


class Runner(Protocol):
    """How one runner is started and read."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """The command as it is started: it reports to the file `report`, or in its output, and runs only `targets`."""

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """What it has told, in its file or in its output."""


RUNNERS: dict[str, Runner] = {
    "jest": Jest(),
    "vitest": Vitest(),
    "node": Node(),
    "go": Go(),
    "cargo": Cargo(),
    "mocha": Mocha(),
}


_MOST_REPORTS = 20_000


class Kept:
    """The beginning of a stream, up to what a reader may hold in memory."""

    def __init__(self, limit: int = REPORT_LIMIT) -> None:
        self._limit = limit
        self.data = bytearray()
        self.cut = False

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        room = self._limit - len(self.data)
        self.data += piece[:room]
        self.cut |= len(piece) > room


async def run_reporting(command: Command, place: Place, seconds: float, patterns: Sequence[str]) -> TestReport:
    """Run a command that writes JUnit files where `patterns` say, and read those that it wrote just now.

    Raises WorkspaceError if it cannot be started.
    """
    place.loaded_outside()
    stamp = place.private / f"stamp-{token_hex(8)}"
    stamp.touch()
    started = stamp.stat().st_mtime_ns
    stamp.unlink()
    finished = await run(
        command.argv,
        cwd=place.root,
        environment=place.variables(command),
        seconds=seconds,
        confinement=place.confinement,
    )
    told = await asyncio.to_thread(_read_files, place.upper or place.root, patterns, started)
    silent = f"the command ended with exit code {finished.exit_code} and named no failing test"
    verdict = concluded(finished, told.results, seconds, incomplete=told.incomplete, silent=silent)
    return report(command.shown, place, finished, told.results, verdict)


def _read_files(root: Path, patterns: Sequence[str], started: int) -> Told:
    reports: list[bytes] = []
    size = 0
    for file in sorted({file for pattern in patterns for file in root.glob(pattern)}):
        if file.is_symlink() or not file.is_file() or file.stat().st_mtime_ns < started:
            continue
        size += file.stat().st_size
        if size > REPORT_LIMIT or len(reports) == _MOST_REPORTS:
            return Told(incomplete="its JUnit reports are too large to be read")
        with contextlib.suppress(OSError), open_regular(file) as opened:
            reports.append(opened.read(REPORT_LIMIT))
    if not reports:
        return Told(incomplete=f"no JUnit report was written at {', '.join(patterns)}")
    return read_all(reports, root)


async def run_foreign(command: Command, place: Place, seconds: float, *, targets: Sequence[str] = ()) -> TestReport:
    """Run the command in the copy. Raises WorkspaceError if it cannot be started."""
    runner = RUNNERS[command.runner]
    place.loaded_outside()
    file, kept = place.private / f"report-{token_hex(8)}", Kept()
    try:
        finished = await run(
            runner.argv(command.argv, file, targets),
            cwd=place.root,
            environment=place.variables(command),
            seconds=seconds,
            heard=kept.add,
            confinement=place.confinement,
        )
        told = runner.read(file, bytes(kept.data), place.root)
    finally:
        file.unlink(missing_ok=True)
    incomplete = "its output is too long to be read whole" if kept.cut else told.incomplete
    silent = f"{command.runner} ended with exit code {finished.exit_code} and named no failing test"
    verdict = concluded(finished, told.results, seconds, incomplete=incomplete, silent=silent)
    if outside := place.loaded_outside():
        verdict = Verdict.INCONCLUSIVE, outside_note(outside)
    return report((*command.shown, *targets), place, finished, told.results, verdict)
