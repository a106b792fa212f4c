"""Where the fault may be: Ochiai over the lines that failing and passing tests ran, and the frames of tracebacks.

Knows reports and sources; what might be wrong on a line is the templates' business.
"""

import ast
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from patchwire.repair.at_import import at_import
from patchwire.repair.outputs import Report
from patchwire.repair.source import FUNCTIONS, Source

Suspicion = dict[str, dict[int, float]]  # path → line → how suspicious, above 0

_FRAME_BONUS = 0.6  # what the innermost frame of every failing test adds to its line
_ASSERTED = 0.15  # the same where an assertion failed: that line only noticed
_ASSERTION = re.compile(r"^E +(?:assert |AssertionError)|^AssertionError", re.MULTILINE)
_DEEPER = 0.5  # what each frame further out is worth, relative to the one before
_SAME_STATEMENT = 0.9  # a line without bytecode of its own, in a statement that ran
_HEADER = 0.5  # defaults and decorators of a function that ran: they ran at import time, where nothing is traced
_USED_NAME = 0.45  # a constant at the top, relative to the most suspicious line that names it
_HAS_A_SAY = 0.3  # what runs at import and has a say in a variable, relative to the most suspicious line that names it
_AT_IMPORT = 0.05  # anything else that runs at import, relative to the most suspicious line of all
_SAME_FUNCTION = 0.4  # without a trace: the other lines of a function that is in a traceback
_ANYWHERE = 0.02  # without a trace: a line that nothing speaks for


def is_test(path: str) -> bool:
    """Whether a path looks like a test's or its configuration's: such files are never edited."""
    pure = PurePosixPath(path)
    named = pure.name.startswith("test_") or pure.stem.endswith("_test") or pure.name in ("conftest.py", "tests.py")
    return named or bool({"tests", "test", "testing"} & set(pure.parts[:-1]))


def suspects(report: Report, only: Suspicion | None = None) -> Suspicion:
    """How suspicious each line is that the report names, in files that are no tests.

    `only` keeps the lines that another run hit (one failing test's own run).
    """
    found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for hit in report.hits:
        if not is_test(hit.path) and hit.failing:
            total = max(report.failed, hit.failing)
            found[hit.path][hit.line] += hit.failing / math.sqrt(total * (hit.failing + hit.passing))
    for failure in report.failures:
        share = (_ASSERTED if _ASSERTION.search(failure.message) else _FRAME_BONUS) / len(report.failures)
        inside = [frame for frame in failure.frames if not is_test(frame.path) and frame.path.endswith(".py")]
        for depth, frame in enumerate(inside):
            found[frame.path][frame.line] += share * _DEEPER**depth
    if only:
        found = {
            path: {line: score for line, score in lines.items() if line in only.get(path, {})}
            for path, lines in found.items()
        }
    return {path: dict(lines) for path, lines in found.items() if lines}


def files(suspicion: Suspicion, limit: int) -> tuple[str, ...]:
    """The most suspicious Python files, first the one with the most suspicious line."""

    def rank(path: str) -> tuple[float, float, str]:
        lines = suspicion[path].values()
        return (-max(lines), -sum(lines), path)

    return tuple(sorted((path for path in suspicion if path.endswith(".py")), key=rank)[:limit])


def spread(suspicion: Suspicion, sources: Iterable[Source], *, traced: bool) -> Suspicion:
    """The suspicion of every line worth an edit, from that of the lines that are known to have run.

    A statement over several lines shares it; the header of a function gets some of its body's; so does a constant at
    the top of what names it. What runs at import is seen by no trace and gets a little. Without a trace a whole
    function shares what a traceback says of one line.
    """
    known = [source for source in sources if source.error is None]
    used = _used_names(suspicion, known)
    most = max((score for lines in suspicion.values() for score in lines.values()), default=0.0)
    result: Suspicion = {}
    for source in known:
        lines = dict(suspicion.get(source.path, {}))
        if not traced:
            _share_functions(source, lines)
        wide = dict(lines)
        for node in source.nodes:
            if isinstance(node, ast.stmt):
                _widen(source, node, lines, wide, used)
        for ran in at_import(source):
            say = _HAS_A_SAY * max((used.get(name, 0.0) for name in ran.variables), default=0.0)
            _raise(wide, _own_lines(ran.statement), max(say, _AT_IMPORT * most))
        result[source.path] = wide
    return result


def _share_functions(source: Source, lines: dict[int, float]) -> None:
    for node in source.nodes:
        if isinstance(node, FUNCTIONS):
            body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            best = max((lines.get(line, 0.0) for line in body), default=0.0)
            for line in body:
                lines[line] = max(lines.get(line, 0.0), best * _SAME_FUNCTION, _ANYWHERE)


def _widen(
    source: Source, node: ast.stmt, lines: Mapping[int, float], wide: dict[int, float], used: Mapping[str, float]
) -> None:
    own = _own_lines(node)
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
        score = _HEADER * max((lines.get(line, 0.0) for line in body), default=0.0)
    else:
        score = _SAME_STATEMENT * max((lines.get(line, 0.0) for line in own), default=0.0)
        if not score and source.function(node) is None:
            score = _USED_NAME * max((used.get(name, 0.0) for name in _binds(node)), default=0.0)
    _raise(wide, own, score)


def _raise(lines: dict[int, float], own: range, score: float) -> None:
    if score:
        for line in own:
            lines[line] = max(lines.get(line, 0.0), score)


def _own_lines(node: ast.stmt) -> range:
    """The lines of a simple statement, or of a compound one's header with its decorators."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return range(first, (node.end_lineno or node.lineno) + 1)
    inner = getattr(body[0], "pattern", body[0])
    return range(first, max(inner.lineno, node.lineno + 1))


def _used_names(suspicion: Suspicion, sources: Iterable[Source]) -> dict[str, float]:
    used: dict[str, float] = defaultdict(float)
    for source in sources:
        lines = suspicion.get(source.path, {})
        for node in source.nodes:
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            if name and isinstance(node, ast.expr):
                used[name] = max(used[name], lines.get(node.lineno, 0.0))
    return used


def _binds(node: ast.stmt) -> list[str]:
    return [name.id for name in ast.walk(node) if isinstance(name, ast.Name) and not isinstance(name.ctx, ast.Load)]
