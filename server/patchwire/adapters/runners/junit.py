"""JUnit XML, the road for every runner that has no file of its own here. Code under test may have written it.

So: a size limit, no document type, no entities, and a bound on results, messages and depth. Read by expat itself, event
by event: nothing is ever held as a tree.
"""

from collections.abc import Sequence
from pathlib import Path
from xml.parsers import expat

from patchwire.adapters.runners.told import Told, frames, inside, message, numbered, read_report
from patchwire.task import TestResult, TestStatus

MOST_RESULTS = 200_000
MOST_TEXT = 64 * 1024
MOST_DEPTH = 64
_BAD = {"failure": TestStatus.FAILED, "error": TestStatus.ERROR, "skipped": TestStatus.SKIPPED}


class Refused(Exception):
    """What was to be read is no report of tests; the text says why."""


class Mocha:
    """mocha, by the XML reporter that it brings along."""

    def argv(self, words: Sequence[str], report: Path, targets: Sequence[str]) -> list[str]:
        """See `foreign.Runner`."""
        files = dict.fromkeys(target.partition("::")[0] for target in targets)
        return [*words, "--reporter", "xunit", "--reporter-option", f"output={report}", *files]

    def read(self, report: Path, output: bytes, root: Path) -> Told:
        """See `foreign.Runner`."""
        data, missing = read_report(report, "mocha")
        return Told(incomplete=missing) if missing else read_all([data], root)


def read_all(reports: Sequence[bytes], root: Path) -> Told:
    """The reports of one run as one. A report that cannot be read, or whose own counts differ, makes it incomplete."""
    results: list[TestResult] = []
    incomplete = ""
    for data in reports:
        try:
            reader = _Reader(root)
            reader.read(data)
        except Refused as refused:
            incomplete = f"a JUnit report was refused: {refused}"
            continue
        results += reader.results
        if reader.promised is not None and reader.promised > len(reader.results):
            incomplete = f"a JUnit report promises {reader.promised} tests and names {len(reader.results)}"
    return Told(numbered(results), incomplete)


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.results: list[TestResult] = []
        self.promised: int | None = None
        self._depth = 0
        self._suites: list[dict[str, str]] = []
        self._test: dict[str, str] | None = None
        self._status = TestStatus.PASSED
        self._text: list[str] = []
        self._size = 0
        self._listening = False

    def read(self, data: bytes) -> None:
        """Read one report. Raises Refused."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        try:
            parser.Parse(data, True)  # noqa: FBT003  # expat's own signature
        except expat.ExpatError as error:
            raise Refused(f"it is no XML ({error})") from error

    def _refuse_doctype(self, *_: object) -> None:
        raise Refused("it declares a document type or entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Refused("its elements are nested too deep")
        if name in ("testsuite", "testsuites"):
            if not self._suites:
                self.promised = _number(attributes.get("tests", ""))
            self._suites.append(attributes)
        elif name == "testcase":
            if len(self.results) == MOST_RESULTS:
                raise Refused(f"it names more than {MOST_RESULTS:,} tests")
            self._test, self._status, self._text, self._size = attributes, TestStatus.PASSED, [], 0
        elif self._test is not None and name in _BAD:
            self._status = _BAD[name]
            self._keep(attributes.get("message", ""))
            self._listening = True

    def _data(self, text: str) -> None:
        if self._listening:
            self._keep(text)

    def _keep(self, text: str) -> None:
        self._text.append(text[: MOST_TEXT - self._size])
        self._size += len(self._text[-1])

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in _BAD:
            self._listening = False
            self._keep("\n")
        elif name in ("testsuite", "testsuites"):
            self._suites.pop()
        elif name == "testcase" and self._test is not None:
            self.results.append(self._result(self._test))
            self._test = None

    def _result(self, test: dict[str, str]) -> TestResult:
        named = test.get("file") or next((suite["file"] for suite in reversed(self._suites) if suite.get("file")), "")
        path = inside(named, self._root) if named else None
        holder = path or test.get("classname") or (self._suites[-1].get("name") if self._suites else "") or "?"
        said = message("".join(self._text)) if self._status is not TestStatus.PASSED else ""
        places = frames(said, self._root)
        line = _number(test.get("line", ""))
        return TestResult(
            id=message(f"{holder}::{test.get('name', '?')}"),
            status=self._status,
            path=path or (places[0].path if places else None),
            line=line or (places[0].line if places else None),
            message=said,
            frames=places,
            seconds=_seconds(test.get("time", "")),
        )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _seconds(text: str) -> float:
    try:
        return max(0.0, min(float(text.replace(",", "")), 1e6))
    except ValueError:
        return 0.0
