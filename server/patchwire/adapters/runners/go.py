"""`go test -json`: its events, in its output, as results. An id is `DIRECTORY::TestName/subtest`."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.runners.told import Told, frames, message
from patchwire.task import TestResult, TestStatus

_LARGEST = 1024 * 1024
_STATUS = {"pass": TestStatus.PASSED, "fail": TestStatus.FAILED, "skip": TestStatus.SKIPPED}
_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_BUILD_FAILED = re.compile(r"^FAIL\t(\S+) \[(?:build|setup) failed\]")
_NOISE = re.compile(r"^(?:=== |\s*--- (?:PASS|FAIL|SKIP)|PASS$|FAIL\b|ok\b|exit status )")
_PACKAGE_OF = re.compile(r"^# (\S+)")


class Go:
    """`go test`, with `-json` behind it."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`. Several packages are given the names of all their targets."""
        at = list(words).index("test") + 1
        rest = list(words[at:])
        if targets:
            rest = [word for word in rest if word.startswith("-")]
            names = [target.partition("::")[2] for target in targets]
            if all(names):
                rest.append(f"-run=^(?:{'|'.join(dict.fromkeys(re.escape(name.split('/')[0]) for name in names))})$")
            rest += dict.fromkeys(_package(target.partition("::")[0]) for target in targets)
        return [*words[:at], "-json", *rest]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        reader = _Reader(root)
        for line in output.splitlines():
            reader.take(line)
        return Told(reader.results(), reader.incomplete())


def _package(target: str) -> str:
    directory = target.rpartition("/")[0] if target.endswith(".go") else target
    return f"./{directory}" if directory not in ("", ".") else "."


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        try:
            with open_regular(root / "go.mod") as file:
                found = _MODULE.search(file.read(_LARGEST).decode("utf-8", "replace"))
        except OSError:
            found = None
        self._module = found[1] if found else ""
        self._ended: dict[tuple[str, str], tuple[str, float]] = {}
        self._started: dict[tuple[str, str], None] = {}
        self._said: dict[tuple[str, str], list[str]] = {}
        self._package = ""

    def take(self, line: bytes) -> None:
        """An event; or, where the tests could not be built (and go is older than 1.24), plain text."""
        try:
            event: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
            action = event.get("Action", "")
            key = str(event.get("Package") or event.get("ImportPath", "").split(" ")[0]), str(event.get("Test", ""))
        except (ValueError, AttributeError):
            return
        if not event:
            self._plain(line.decode("utf-8", "replace"))
        elif action == "run":
            self._started[key] = None
        elif action in ("output", "build-output"):
            self._said.setdefault(key, []).append(str(event.get("Output", "")))
        elif action in _STATUS:
            self._ended[key] = action, float(event.get("Elapsed") or 0.0)

    def _plain(self, line: str) -> None:
        if named := _PACKAGE_OF.match(line):
            self._package = named[1].removesuffix(".test").removesuffix("_test")
        elif failed := _BUILD_FAILED.match(line):
            self._ended[failed[1], ""] = "fail", 0.0
        elif self._package:
            self._said.setdefault((self._package, ""), []).append(line + "\n")

    def results(self) -> tuple[TestResult, ...]:
        """A result for each test, and for each package that failed without a failing test."""
        found = [self._result(key) for key in self._started]
        broken = {package for package, test in self._ended if test and self._ended[package, test][0] == "fail"}
        for (package, test), (action, _) in self._ended.items():
            if not test and action == "fail" and package not in broken:
                found.append(self._result((package, test), TestStatus.ERROR))
        return tuple(found)

    def incomplete(self) -> str:
        """A test that began and never ended."""
        open_ones = [test for package, test in self._started if (package, test) not in self._ended]
        return f"{open_ones[0]} never ended" if open_ones else ""

    def _result(self, key: tuple[str, str], status: TestStatus | None = None) -> TestResult:
        package, test = key
        directory = package.removeprefix(self._module).lstrip("/") if package.startswith(self._module) else package
        action, seconds = self._ended.get(key, ("never", 0.0))
        status = status or _STATUS.get(action, TestStatus.ERROR)
        failing = status in (TestStatus.FAILED, TestStatus.ERROR)
        lines = "".join(self._said.get(key, [])).splitlines() if failing else []
        said = message("\n".join(line for line in lines if not _NOISE.match(line)))
        places = frames(said, self._root, beside=directory)
        tests = [place for place in places if place.path.endswith("_test.go")]
        return TestResult(
            id=f"{directory or '.'}::{test}" if test else directory or ".",
            status=status,
            path=tests[0].path if tests else None,
            line=tests[0].line if tests else None,
            message=said,
            frames=places,
            seconds=seconds,
        )
