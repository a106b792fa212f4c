"""Marks: failing tests at their line, pending hunks, conflicts; each document is told only what is new."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from lsprotocol import types

from patchwire.adapters.connections import Connections
from patchwire.lsp.diagnostics import MAX_MESSAGE, Diagnostics
from patchwire.lsp.roots import Root
from patchwire.patch.model import FileChange, Kind
from patchwire.task import Frame, TestReport, TestResult, TestStatus, Verdict

FAILED = TestResult(
    "t.py::test",
    TestStatus.FAILED,
    "t.py",
    1,
    "assert 1 == 2",
    (Frame("t.py", 3, "test"), Frame("a.py", 2, "total")),
)


class Screen:
    def __init__(self) -> None:
        self.shown: dict[str, Sequence[types.Diagnostic]] = {}
        self.told: list[str] = []

    def publish(self, uri: str, diagnostics: Sequence[types.Diagnostic], version: int | None) -> None:
        self.told.append(uri)
        self.shown[uri] = diagnostics


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def texts() -> dict[str, str | None]:
    return {"t.py": "def test():\n    pass\n    assert 1 == 2\n", "a.py": "1\n2\n3\n"}


@pytest.fixture
def root(texts: dict[str, str | None]) -> Root:
    return Root(Path("/w"), Connections(), texts.get)


@pytest.fixture
def marks(screen: Screen) -> Diagnostics:
    return Diagnostics(screen, lambda uri: (uri, 1))


def report(*failing: TestResult) -> TestReport:
    return TestReport(Verdict.FAILED if failing else Verdict.PASSED, (), failed=len(failing), results=failing)


def test_a_failing_test_is_marked_until_it_passes(marks: Diagnostics, root: Root, screen: Screen) -> None:
    root.report = report(FAILED)
    marks.show(root)
    (mark,) = screen.shown["file:///w/t.py"]
    assert (mark.message, mark.code, mark.source, mark.range.start.line) == (
        "assert 1 == 2",
        "t.py::test",
        "patchwire",
        2,
    )
    (elsewhere,) = mark.related_information or ()
    assert (elsewhere.location.uri, elsewhere.location.range.start.line) == ("file:///w/a.py", 1)
    marks.show(root)
    assert screen.told == ["file:///w/t.py"], "nothing new, nothing told"
    root.report = report()
    marks.show(root)
    assert screen.shown["file:///w/t.py"] == []


def test_marks_move_along_while_the_user_types(marks: Diagnostics, root: Root, texts: dict) -> None:
    root.report = report(FAILED)
    marks.show(root)
    texts["t.py"] = "import os\n\n" + texts["t.py"]
    assert [line for _, line in marks.failures(root, "t.py")] == [4]
    texts["t.py"] = "import os\n\ndef test():\n    pass\n    assert 1 == 3\n"
    assert [line for _, line in marks.failures(root, "t.py")] == [4]
    texts["t.py"] = "def test():\n"
    assert [line for _, line in marks.failures(root, "t.py")] == [1]
    texts["t.py"] = None
    assert marks.failures(root, "t.py") == []
    assert marks.failures(root, "other.py") == []


@pytest.mark.parametrize(
    ("test", "uri", "line"),
    [
        (TestResult("t", TestStatus.ERROR, "t.py", 2), "file:///w/t.py", 1),
        (TestResult("t", TestStatus.ERROR, "t.py"), "file:///w/t.py", 0),
        (TestResult("t", TestStatus.ERROR, None, None, "x", (Frame("a.py", 2, "f"),)), "file:///w/a.py", 1),
        (TestResult("t", TestStatus.ERROR), None, None),
    ],
)
def test_a_test_without_a_place(
    marks: Diagnostics, root: Root, screen: Screen, test: TestResult, uri: str, line: int
) -> None:
    root.report = report(test)
    marks.show(root)
    found = [(at, mark.range.start.line) for at, shown in screen.shown.items() for mark in shown]
    assert found == ([(uri, line)] if uri else [])


def test_hunks_are_hints_and_conflicts_warnings(marks: Diagnostics, root: Root, screen: Screen, texts: dict) -> None:
    root.pending.replace([FileChange("a.py", Kind.MODIFY, "1\n2\n3\n", "1\nTWO\n3\n")])
    marks.show(root)
    (mark,) = screen.shown["file:///w/a.py"]
    assert (mark.severity, mark.code, mark.message) == (
        types.DiagnosticSeverity.Hint,
        "pending",
        "Patchwire would change this: +1 -1.",
    )
    assert marks.at("file:///w/a.py", 0, 9) == [], "a hint reports nothing that is wrong"
    texts["a.py"] = "1\nmine\n3\n"
    root.pending.sync()
    marks.show(root)
    (mark,) = screen.shown["file:///w/a.py"]
    assert (mark.severity, mark.code) == (types.DiagnosticSeverity.Warning, "conflict")


def test_what_is_wrong_at_a_place(marks: Diagnostics, root: Root, screen: Screen) -> None:
    long = TestResult("t.py::long", TestStatus.FAILED, "t.py", 3, "x" * 1000)
    root.report = report(FAILED, long)
    marks.show(root)
    assert len(screen.shown["file:///w/t.py"][1].message) == MAX_MESSAGE
    assert [one["code"] for one in marks.at("file:///w/t.py", 2, 2)] == ["t.py::test", "t.py::long"]
    assert marks.at("file:///w/t.py", 0, 1) == []
    marks.forget(root.uri)
    assert screen.shown["file:///w/t.py"] == []
    marks.forget(root.uri)
