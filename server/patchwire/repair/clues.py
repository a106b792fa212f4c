"""What the failing tests give away besides the place: literals, expected and actual values, names of exceptions.

Knows assertion messages as pytest, unittest and doctest write them, and nothing of the code under test.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

_CLAIM = re.compile(r"(?:\bassert |AssertionError: (?!assert ))(.*)$", re.MULTILINE)
_UNITTEST = re.compile(r"(.+) != (.+?)(?: : .*)?$")
_DOCTEST = re.compile(r"^Expected:\n((?:    .*\n?)+)Got:\n((?:    .*\n?)+)", re.MULTILINE)
_EXCEPTION = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Warning|Interrupt|Iteration|Exit))\b")
_STRING = re.compile(r"""(?<![\w'"])(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")""")
_NUMBER = re.compile(r"(?<![\w.])\d{1,12}(?![\w.])")
_LIMIT = 60
_LONG = 20_000  # characters of a message that are looked at

_T = TypeVar("_T")
Literal = object


@dataclass(frozen=True, slots=True)
class Clues:
    """`pairs` are (actual, expected) leaves that differ; the other fields are in the order they were found."""

    message: str = ""
    strings: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    pairs: tuple[tuple[Literal, Literal], ...] = ()
    exceptions: tuple[str, ...] = ()


def clues(message: str, tests: str = "") -> Clues:
    """What a failure message, and the source of the failing tests, give away."""
    message = message[:_LONG]
    texts = (message, tests[:_LONG])
    return Clues(
        message=message,
        strings=_distinct(value for text in texts for value in _strings(text)),
        numbers=_distinct(int(word) for text in texts for word in _NUMBER.findall(text)),
        pairs=tuple(_pairs(message))[:_LIMIT],
        exceptions=_distinct(name for text in texts for name in _EXCEPTION.findall(text) if name != "AssertionError"),
    )


def _distinct(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))[:_LIMIT]


def _strings(text: str) -> Iterator[str]:
    for written in _STRING.findall(text):
        value = literal(written)
        if isinstance(value, str):
            yield value


def literal(text: str) -> Literal:
    """The value of a Python literal, or Ellipsis (which stands for what cannot be known) where the text is none."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ...


def _pairs(message: str) -> Iterator[tuple[Literal, Literal]]:
    for expected, got in _DOCTEST.findall(message):
        yield from _differences(literal(got), literal(expected))
    for claim in _CLAIM.findall(message):
        unittest = _UNITTEST.match(claim)
        left, right = unittest.groups() if unittest else _sides(claim)
        yield from _differences(literal(left), literal(right))
        yield from _differences(literal(right), literal(left))  # who writes the expected value first is a habit


def _sides(claim: str) -> tuple[str, str]:
    try:
        expression = ast.parse(claim.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return "...", "..."
    if isinstance(expression, ast.Compare) and len(expression.ops) == 1:
        return ast.unparse(expression.left), ast.unparse(expression.comparators[0])
    return "...", "..."


def _differences(actual: Literal, expected: Literal) -> Iterator[tuple[Literal, Literal]]:
    """The leaves in which two values of the same shape differ, or the two values."""
    if actual is ... or expected is ... or actual == expected:
        return
    if type(actual) is type(expected) and isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) == len(expected):
            for left, right in zip(actual, expected, strict=True):
                yield from _differences(left, right)
            return
    elif isinstance(actual, dict) and isinstance(expected, dict) and actual.keys() == expected.keys():
        for key in actual:
            yield from _differences(actual[key], expected[key])
        return
    yield actual, expected


_IMPORT = re.compile(
    r"^\s*(?:from\s+\.*(?P<package>[\w.]*)\s+import\s+(?:\((?P<many>[^)]*)\)|(?P<members>[^\n#;]+))"
    r"|import\s+(?P<module>[\w.]+))",
    re.MULTILINE,
)


def imported_modules(text: str) -> tuple[str, ...]:
    """The dotted names that a module's text imports (`from a import b` may mean the module `a.b`)."""
    found: list[str] = []
    for match in _IMPORT.finditer(text):
        package = match["package"] or ""
        members = (part.split() for part in (match["many"] or match["members"] or "").split(","))
        names = [words[0] for words in members if words]
        found += [match["module"] or package, *(f"{package}.{name}".lstrip(".") for name in names)]
    return tuple(dict.fromkeys(filter(None, found)))


def source_of_test(text: str, test_id: str) -> str:
    """The function of a test in its file's text, `""` where it is not found."""
    name = re.split(r"::|\.", test_id.partition("[")[0])[-1]
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.match(rf"\s*(?:async\s+)?def\s+{re.escape(name)}\b", line):
            indent = len(line) - len(line.lstrip())
            body = lines[number + 1 :]
            length = next(
                (n for n, row in enumerate(body) if row.strip() and len(row) - len(row.lstrip()) <= indent), len(body)
            )
            return "\n".join([line, *body[:length]])
    return ""
