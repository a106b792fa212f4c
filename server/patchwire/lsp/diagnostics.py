"""What is marked in the documents: failing tests, pending hunks, and files that a change no longer fits.

Keeps what was published, so that a document is told only what is new, and moves the marks of tests along while the user
types. Knows reports and the pending change; runs nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lsprotocol import types

from patchwire.lsp.documents import split
from patchwire.lsp.roots import Root
from patchwire.patch.sequences import changes
from patchwire.task import TestReport, TestResult

SOURCE = "patchwire"
MAX_MESSAGE = 400
_HINT, _WARNING, _ERROR = (
    types.DiagnosticSeverity.Hint,
    types.DiagnosticSeverity.Warning,
    types.DiagnosticSeverity.Error,
)


class Publishes(Protocol):
    """Where they are shown."""

    def publish(self, uri: str, diagnostics: Sequence[types.Diagnostic], version: int | None) -> None:
        """The diagnostics of a document, instead of those before."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """A failing test's line from 0, in the text as it was when the test ran."""

    path: str
    line: int
    test: TestResult


@dataclass(slots=True)
class _Shown:
    """What of one root is shown: the report it is made from, and the texts that its lines are about."""

    report: TestReport | None = None
    failures: dict[str, list[_Failure]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    uris: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Diagnostics:
    """`open_uri` gives the URI by which the client knows a file, and its version if it is open."""

    client: Publishes
    open_uri: Callable[[str], tuple[str, int | None]]
    _shown: dict[str, _Shown] = field(default_factory=dict, init=False)
    _published: dict[str, list[types.Diagnostic]] = field(default_factory=dict, init=False)

    def show(self, root: Root) -> None:
        """Publish what is new about a root."""
        shown = self._shown.setdefault(root.uri, _Shown())
        if root.report is not shown.report:
            self._take(shown, root)
        marks: dict[str, list[types.Diagnostic]] = defaultdict(list)
        for path in shown.failures:
            for test, line in self.failures(root, path):
                marks[root.pending.uri(path)].append(_of_test(test, line, root))
        for file in (root.pending.as_json() or {"files": []})["files"]:
            marks[file["uri"]] += _of_file(file)
        for uri in shown.uris - marks.keys():
            self._publish(uri, [])
        for uri, found in marks.items():
            self._publish(uri, found)
        shown.uris = set(marks)

    def failures(self, root: Root, path: str) -> list[tuple[TestResult, int]]:
        """The failing tests of a file, each with its line (from 0) in the text as it is now."""
        shown = self._shown.get(root.uri)
        found = shown.failures.get(path, []) if shown is not None else []
        if not found or shown is None:
            return []
        now = root.read(path)
        if now is None:
            return []
        before = shown.texts.get(path, now)
        if before == now:
            return [(one.test, one.line) for one in found]
        moved = changes(split(before), split(now))
        return [(one.test, _moved(one.line, moved)) for one in found]

    def at(self, uri: str, first: int, last: int) -> list[dict[str, Any]]:
        """What is marked as wrong on these lines, as much of it as a task needs."""
        known = self._published.get(self.open_uri(uri)[0], [])
        return [
            {"message": one.message, "source": one.source, "code": one.code}
            for one in known
            if one.severity != _HINT and one.range.start.line <= last and one.range.end.line >= first
        ]

    def forget(self, root_uri: str) -> None:
        """A root is gone: so are its marks."""
        for uri in self._shown.pop(root_uri, _Shown()).uris:
            self._publish(uri, [])

    def _take(self, shown: _Shown, root: Root) -> None:
        shown.report = root.report
        shown.failures = {}
        for test in root.report.failing if root.report is not None else ():
            path, line = _place(test)
            if path is not None:
                shown.failures.setdefault(path, []).append(_Failure(path, line, test))
        texts = ((path, root.read(path)) for path in shown.failures)
        shown.texts = {path: text for path, text in texts if text is not None}

    def _publish(self, uri: str, found: list[types.Diagnostic]) -> None:
        known, version = self.open_uri(uri)
        if self._published.get(known, []) == found:
            return
        self._published[known] = found
        self.client.publish(known, found, version)


def _place(test: TestResult) -> tuple[str | None, int]:
    """Where a failing test is marked, from 0: the last line of it that was reached, else where it begins."""
    own = [frame.line for frame in test.frames if frame.path == test.path]
    line = own[-1] if own else test.line or 1
    path = test.path if test.path is not None else test.frames[-1].path if test.frames else None
    if test.path is None and test.frames:
        line = test.frames[-1].line
    return path, max(0, line - 1)


def _moved(line: int, moves: Iterable[Any]) -> int:
    """Where a line is after these changes; one that was replaced is where its successor begins."""
    shift = 0
    for change in moves:
        if change.end <= line:
            shift = change.new_end - change.end
        elif change.start <= line:
            return int(min(change.new_start + (line - change.start), max(change.new_start, change.new_end - 1)))
    return line + shift


def _of_test(test: TestResult, line: int, root: Root) -> types.Diagnostic:
    said = test.message.strip() or "The test fails."
    short = said if len(said) <= MAX_MESSAGE else f"{said[: MAX_MESSAGE - 1]}…"
    elsewhere = [frame for frame in test.frames if frame.path != test.path]
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(root.pending.uri(frame.path), _whole(frame.line - 1)), f"in {frame.function}"
        )
        for frame in elsewhere[-3:]
    ]
    return types.Diagnostic(
        _whole(line), short, severity=_ERROR, code=test.id, source=SOURCE, related_information=related or None
    )


def _of_file(file: dict[str, Any]) -> list[types.Diagnostic]:
    marks = []
    for hunk in file["hunks"]:
        start, end = hunk["range"]["start"]["line"], hunk["range"]["end"]["line"]
        span = types.Range(types.Position(start, 0), types.Position(max(end, start), 0))
        if hunk["fits"]:
            message = f"Patchwire would change this: +{hunk['added']} -{hunk['removed']}."
            marks.append(types.Diagnostic(span, message, severity=_HINT, code="pending", source=SOURCE))
        else:
            marks.append(types.Diagnostic(span, file["conflict"], severity=_WARNING, code="conflict", source=SOURCE))
    return marks


def _whole(line: int) -> types.Range:
    return types.Range(types.Position(max(0, line), 0), types.Position(max(0, line) + 1, 0))
