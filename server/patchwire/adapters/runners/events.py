"""Reads what the probe wrote, line by line, and gathers it into results. Knows the probe's events, and no process."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.plain_text import plain_text
from patchwire.task import Frame, LineHits, TestResult, TestStatus

_REPORT_LIMIT = 64 * 1024 * 1024
_RANK = [TestStatus.PASSED, TestStatus.SKIPPED, TestStatus.FAILED, TestStatus.ERROR]


@dataclass(slots=True)
class Gathered:
    """What the events of one run add up to. `exit` is pytest's own word on its exit code, None if it never said.

    `turned` are functions of pytest's that were replaced while the tests ran. `forged` says that others wrote, or that
    something is missing.
    """

    results: dict[str, TestResult] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    interrupted_at: tuple[Frame, ...] = ()
    collected: int | None = None
    exit: int | None = None
    modules: tuple[str, ...] = ()
    hits: tuple[LineHits, ...] = ()
    turned: tuple[str, ...] = ()
    forged: bool = False

    def count(self, status: TestStatus) -> int:
        """How many tests ended so."""
        return sum(1 for result in self.results.values() if result.status is status)

    @property
    def failing(self) -> bool:
        """Whether any test failed or ended in an error."""
        return bool(self.count(TestStatus.FAILED) + self.count(TestStatus.ERROR))

    def add(self, event: dict[str, Any]) -> None:
        """Take one event."""
        match event["event"]:
            case "start":
                self.running.append(event["id"])
                self.places[event["id"]] = (event["path"], event["line"])
            case "end":
                if event["id"] in self.running:
                    self.running.remove(event["id"])
            case "result":
                self._result(event)
            case "collected":
                self.collected = event["count"]
            case "interrupted":
                self.interrupted_at = _frames(event["frames"])
            case "hits":
                self._add_hits(event["hits"])
            case "turned":
                self.turned += (event["name"],)
            case "finish":
                self.exit = event["exit"]
                self.modules = tuple(event["modules"])

    def still_running(self, message: str) -> None:
        """Give the tests that never ended a result of their own."""
        for test in self.running:
            result = TestResult(test, TestStatus.ERROR, message=message, frames=self.interrupted_at)
            self._keep(result)

    def _result(self, event: dict[str, Any]) -> None:
        status = _status(event["when"], event["outcome"])
        if status is None:
            return
        message = plain_text(event["message"])
        self._keep(TestResult(event["id"], status, None, None, message, _frames(event["frames"]), event["seconds"]))

    def _keep(self, result: TestResult) -> None:
        """Keep the worse of two words on one test (a subtest, a teardown)."""
        path, line = self.places.get(result.id, (result.id.partition("::")[0], None))
        result = replace(result, path=path, line=line)
        known = self.results.get(result.id)
        if known is None or _RANK.index(result.status) > _RANK.index(known.status):
            self.results[result.id] = result

    def _add_hits(self, hits: list[tuple[str, int, int, int]]) -> None:
        """Sum over the processes of one run."""
        sums = {(hit.path, hit.line): (hit.failing, hit.passing) for hit in self.hits}
        for path, line, failing, passing in hits:
            before = sums.get((path, line), (0, 0))
            sums[path, line] = (before[0] + failing, before[1] + passing)
        self.hits = tuple(LineHits(*place, *counts) for place, counts in sorted(sums.items()))


def gather(lines: Iterable[bytes], key: bytes) -> Gathered:
    """Add up the events that were sealed with `key`; the last line may have been torn by a crash."""
    gathered = Gathered()
    numbers: dict[bytes, int] = {}
    torn = False
    for line in lines:
        gathered.forged |= torn  # only the last line can be
        sealed = _opened(line, key)
        torn = sealed is None
        if sealed is None:
            continue
        process, number, text = sealed.split(b" ", 2)
        if int(number) != numbers.get(process, 0):  # a line was taken away, or said again
            gathered.forged = True
            continue
        numbers[process] = int(number) + 1
        gathered.add(json.loads(text))
    gathered.forged |= torn and gathered.exit is not None
    return gathered


def _opened(line: bytes, key: bytes) -> bytes | None:
    """What stands behind the seal; None if it is broken."""
    seal, _, sealed = line.partition(b" ")
    right = hashlib.blake2b(sealed, key=key, digest_size=16).hexdigest().encode()
    return sealed if hmac.compare_digest(seal, right) else None


def gather_file(report: Path, key: bytes) -> Gathered:
    """Add up the events of a report file, which may be missing; only its first 64 MiB are read."""
    try:
        with open_regular(report) as file:
            return gather(file.read(_REPORT_LIMIT).splitlines(), key)
    except OSError:  # none was written, or a test has put something else in its place
        return Gathered()


def _status(when: str, outcome: str) -> TestStatus | None:
    if outcome == "failed":
        return TestStatus.FAILED if when == "call" else TestStatus.ERROR
    return {"passed": TestStatus.PASSED, "skipped": TestStatus.SKIPPED}.get(outcome)


def _frames(frames: list[tuple[str, int, str]]) -> tuple[Frame, ...]:
    return tuple(Frame(path, line, function) for path, line, function in frames)
