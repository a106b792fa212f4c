"""`cargo test`: the text that libtest prints on stable Rust, as results. An id is `TARGET::NAME`.

TARGET is what was tested: `src/lib.rs`, `tests/it.rs`, `doc`. What a test prints is shown by libtest behind a heading
of its own and is never taken for a result; each target's own count has to agree with what was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patchwire.adapters.plain_text import plain_text
from patchwire.adapters.runners.told import Told, counted, frames, message
from patchwire.task import TestResult, TestStatus

_TARGET = re.compile(r"^\s+Running (?:unittests )?(\S+) \(.*\)$|^\s+(Doc-tests) (\S+)$")
_TEST = re.compile(r"^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)(?:, .*)?$")
_SAID = re.compile(r"^---- (.+?) stdout ----$")
_COUNT = re.compile(r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;")
_ERROR = re.compile(r"^error(?:\[E\d+\])?: (?!test failed|doctest failed|\d+ targets? failed)(.+)$")
_ERROR_AT = re.compile(r"^\s+--> (.+?):(\d+):\d+$")
_BACKTRACE = re.compile(r"^stack backtrace:\n(?:.*\n)*?note: Some details.*$\n?", re.MULTILINE)
_STATUS = {"ok": TestStatus.PASSED, "FAILED": TestStatus.FAILED, "ignored": TestStatus.SKIPPED}
_DOCTEST = re.compile(r"^(.+\.rs) - .*\(line (\d+)\)$")


class Cargo:
    """`cargo test`, with `--no-fail-fast`: one failing target hides no other."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`. libtest takes names; a file among the targets chooses its target."""
        at = list(words).index("test") + 1
        own, bar, passed_on = (words[at:], [], []) if "--" not in words[at:] else _divided(words[at:])
        files = dict.fromkeys(target.partition("::")[0] for target in targets)
        names = [target.partition("::")[2] for target in targets]
        chosen = [option for file in files for option in _option(file)]
        named = list(dict.fromkeys(names)) if targets and all(names) else []
        behind = [*bar, *passed_on] if bar or not named else ["--"]
        return [*words[:at], "--no-fail-fast", *own, *chosen, *behind, *named, *(["--exact"] if named else [])]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        reader = _Reader(root)
        for line in plain_text(output).splitlines():
            reader.take(line)
        return reader.told()


def _divided(words: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    at = list(words).index("--")
    return list(words[:at]), ["--"], list(words[at + 1 :])


def _option(file: str) -> list[str]:
    path = Path(file)
    if file == "doc":
        return ["--doc"]
    if file.startswith("tests/") and path.suffix == ".rs":
        return ["--test", path.stem if path.stem != "main" else path.parent.name]
    return ["--lib"] if file == "src/lib.rs" else ["--bins"] if file == "src/main.rs" else []


@dataclass
class _Reader:
    root: Path
    target: str = ""
    results: dict[str, TestResult] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    incomplete: str = ""
    counts_open: bool = False
    _of_target: list[str] = field(default_factory=list)
    _speaking: str = ""

    def take(self, line: str) -> None:
        """One line of the output."""
        if target := _TARGET.match(line):
            self._close()
            self.target, self._speaking = ("doc" if target[2] else target[1]), ""
        elif count := _COUNT.match(line):
            self._count([int(number) for number in count.groups()])
        elif said := _SAID.match(line):
            self._speaking = f"{self.target}::{said[1]}"
        elif self._speaking:
            self.said.setdefault(self._speaking, []).append(line)
        elif line.startswith("running ") and self.target:
            self.counts_open, self._of_target = True, []
        elif self.counts_open and (test := _TEST.match(line)):
            name = f"{self.target}::{test[1]}"
            self.results[name] = TestResult(name, _STATUS[test[2]])
            self._of_target.append(name)
        elif self.errors or _ERROR.match(line):
            self.errors.append(line)

    def _count(self, numbers: list[int]) -> None:
        """A target's own count ends it."""
        found = [self.results[name] for name in self._of_target]
        if numbers != [counted(found, status) for status in _STATUS.values()]:
            self.incomplete = f"the count of {self.target} and its tests differ"
        self.counts_open, self._speaking = False, ""

    def _close(self) -> None:
        if self.counts_open:
            self.incomplete = f"{self.target} did not come to its end"

    def told(self) -> Told:
        """All that was read."""
        self._close()
        results = [self._finished(result) for result in self.results.values()]
        if self.errors and not results:
            said = message("\n".join(self.errors))
            places = frames(said, self.root)
            at = _ERROR_AT.search("\n".join(self.errors))
            path = places[0].path if places else at[1] if at else None
            results.append(
                TestResult("build", TestStatus.ERROR, path, places[0].line if places else None, said, places)
            )
        return Told(tuple(results), self.incomplete)

    def _finished(self, result: TestResult) -> TestResult:
        target, _, name = result.id.partition("::")
        path, line = (None if target == "doc" else target), None
        if doctest := _DOCTEST.match(name):
            path, line = doctest[1], int(doctest[2])
        said = message(_BACKTRACE.sub("", "\n".join(self.said.get(result.id, []))))
        places = frames(said, self.root)
        if line is None and places:
            path, line = places[0].path, places[0].line
        return TestResult(result.id, result.status, path, line, said, places)
