"""jest, vitest and node's own test runner: how each is made to report, and how its report is read.

An id is `FILE::NAME`, NAME being the titles from the outside in, as the runner itself joins them.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patchwire.adapters.runners.place import PROBE
from patchwire.adapters.runners.told import Told, counted, frames, inside, message, numbered, read_report, split
from patchwire.task import TestResult, TestStatus

_STATUS = {"passed": TestStatus.PASSED, "failed": TestStatus.FAILED}
_COUNTS = (("numPassedTests", TestStatus.PASSED), ("numFailedTests", TestStatus.FAILED))
_RUNS_FILES = "--test"
REPORTER = PROBE / "node_reporter.mjs"


def _named(names: Sequence[str]) -> str:
    return f"^(?:{'|'.join(re.escape(name) for name in names)})$"


class Jest:
    """`jest --json`."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`."""
        files, names = split(targets)
        chosen = [re.escape(file) for file in files] + (["--testNamePattern", _named(names)] if names else [])
        return [*words, "--json", f"--outputFile={report}", "--testLocationInResults", *chosen]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        return read_json("jest", report, root)


class Vitest:
    """`vitest run --reporter=json`, beside the reporter for people."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`."""
        files, names = split(targets)
        chosen = files + (["--testNamePattern", _named(names)] if names else [])
        reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={report}", "--watch=false"]
        return [*words, *reporters, *chosen]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        return read_json("vitest", report, root)


class Node:
    """`node --test` with a reporter of ours, which names the file and the line of each test."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`."""
        at = list(words).index(_RUNS_FILES) + 1
        ours = [f"--test-reporter={REPORTER}", f"--test-reporter-destination={report}"]
        ours += ["--test-reporter=spec", "--test-reporter-destination=stdout"]
        files, names = split(targets)
        rest = list(words[at:])
        if files:
            rest = [word for word in rest if word.startswith("-")] + files
        if names:  # a pattern is held against a test's own title; those around it are in the id alone
            own = [name.rpartition(" > ")[2] for name in names]
            ours.append(f"--test-name-pattern={_named(own)}")
        return [*words[:at], *ours, *rest]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        data, missing = read_report(report, "node --test")
        if missing:
            return Told(incomplete=missing)
        results, planned = [], None
        for line in data.splitlines():
            try:
                event = json.loads(line)
                if "tests" in event:
                    planned = int(event["tests"])
                else:
                    results.append(_node_result(event, root))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        ended = "" if planned is not None else "node --test did not come to its end"
        return Told(numbered(results), ended)


def _node_result(event: dict[str, Any], root: Path) -> TestResult:
    path = inside(event["file"], root) if event["file"] else None
    titles = [str(title) for title in event["names"]]
    name = " > ".join(titles)
    own = path is not None and inside(name, root) == path
    said = message(str(event["message"]))
    return TestResult(
        id=path if own and path else f"{path or '?'}::{name}",
        status={"pass": TestStatus.PASSED, "fail": TestStatus.FAILED}.get(event["status"], TestStatus.SKIPPED),
        path=path,
        line=None if own else event["line"],
        message=said,
        frames=frames(said, root),
        seconds=float(event["milliseconds"]) / 1000,
    )


def read_json(runner: str, report: Path, root: Path) -> Told:
    """The report that jest and vitest write alike."""
    data, missing = read_report(report, runner)
    if missing:
        return Told(incomplete=missing)
    try:
        told = json.loads(data)
        results = [result for suite in told["testResults"] for result in _suite(suite, root)]
        agree = all(told[key] == counted(results, status) for key, status in _COUNTS)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Told(incomplete=f"the report of {runner} cannot be read")
    results += [result for suite in told["testResults"] for result in _broken(suite, root)]
    return Told(numbered(results), "" if agree else f"the counts of {runner} and its results differ")


def _suite(suite: dict[str, Any], root: Path) -> list[TestResult]:
    path = inside(suite["name"], root) or suite["name"]
    results = []
    for test in suite["assertionResults"]:
        said = message("\n".join(str(each) for each in test.get("failureMessages") or ()))
        places = frames(said, root)
        line = (test.get("location") or {}).get("line")
        if line is None:
            line = next((frame.line for frame in places if frame.path == path), None)
        results.append(
            TestResult(
                id=f"{path}::{test['fullName']}",
                status=_STATUS.get(test["status"], TestStatus.SKIPPED),
                path=path,
                line=line,
                message=said,
                frames=places,
                seconds=(test.get("duration") or 0.0) / 1000,
            )
        )
    return results


def _broken(suite: dict[str, Any], root: Path) -> list[TestResult]:
    """A file that failed as a whole: it cannot be loaded, as a rule."""
    if suite.get("status") != "failed" or any(test["status"] == "failed" for test in suite["assertionResults"]):
        return []
    path = inside(suite["name"], root) or suite["name"]
    said = message(str(suite.get("message", "")))
    return [TestResult(path, TestStatus.ERROR, path, None, said, frames(said, root))]
