"""Which edits come first."""

import ast
import heapq
import inspect
import textwrap

import pytest

from patchwire.repair.clues import Clues, clues
from patchwire.repair.localise import spread
from patchwire.repair.ranking import Candidate, candidates, merged, still_parses
from patchwire.repair.source import Edit, edited, source, syntax_error

CODE = """\
def first(xs, n):
    if len(xs) > n:
        return f"{xs[0]} of {n + 1}"
    return [x for x in xs
            if x > 2]

@first
def second(): pass
"""

MODULES = [textwrap, heapq]


def texts(code: str, lines: dict[int, float], limit: int = 500, told: Clues | None = None) -> list[str]:
    file = source("a.py", code)
    return [edited(code, c.edits) for c in candidates([file], {"a.py": lines}, told or Clues(), limit)]


def test_suspicion_times_prior_decides() -> None:
    first = texts(CODE, {2: 1.0, 4: 0.2})[0]
    assert "len(xs) >= n" in first
    assert "if x >= 2" in texts(CODE, {2: 0.1, 5: 1.0})[0]


def test_only_suspicious_lines_are_edited_and_only_in_suspicious_files() -> None:
    found = candidates([source("a.py", CODE), source("b.py", CODE)], {"a.py": {2: 1.0}}, Clues(), 500)
    assert {c.path for c in found} == {"a.py"}
    assert {c.line for c in found} == {2}


def test_no_edit_twice_and_none_that_changes_nothing() -> None:
    found = texts(CODE, dict.fromkeys(range(1, 9), 1.0), 5000)
    assert CODE not in found
    assert len(found) == len(set(found))


def test_the_limit_keeps_the_best() -> None:
    lines = dict.fromkeys(range(1, 9), 1.0)
    assert texts(CODE, lines, 7) == texts(CODE, lines)[:7]


def test_what_stands_in_a_format_is_edited_in_its_place() -> None:
    assert any("{xs[-1]} of" in text for text in texts(CODE, {3: 1.0}))


def test_a_format_whose_places_python_does_not_tell_is_left_alone() -> None:
    code = (
        'x = f"""\n{a + 1:{b}}"""\ny = f"{(a\n + 1)}"'
        if syntax_error('f"{(a\n)}"') is None
        else 'x = f"""\n{a + 1:{b}}"""'
    )
    for text in texts(code, dict.fromkeys(range(1, 9), 1.0)):
        assert syntax_error(text) is None or not still_parses(source("a.py", code), (Edit(0, len(code), text),))


def test_lists_are_merged_by_score() -> None:
    low, high = (Candidate("a.py", (Edit(0, 0, "x"),), "t", score, 1) for score in (0.5, 9.0))
    assert merged([low], [high]) == (high, low)
    assert low.size == 1


@pytest.mark.parametrize("module", MODULES)
def test_every_candidate_that_is_said_to_parse_does_and_differs(module: object) -> None:
    code = inspect.getsource(module)  # type: ignore[arg-type]  # a list of modules is a list of objects
    file = source("m.py", code)
    lines = spread({}, [file], traced=False)["m.py"]
    told = clues("TypeError: 'NoneType' missing\nassert 'width' == 'wide'\nassert 3 == 5")
    found = candidates([file], {"m.py": lines}, told, 100_000)
    assert len(found) > 1000
    sample = found[:: max(len(found) // 300, 1)]
    good = [c for c in sample if still_parses(file, c.edits)]
    assert len(good) > 0.97 * len(sample)
    for candidate in good[::6]:
        text = edited(code, candidate.edits)
        assert text != code
        ast.parse(text)


def test_the_order_needs_no_seed() -> None:
    lines = dict.fromkeys(range(1, 9), 1.0)
    assert texts(CODE, lines) == texts(CODE, lines)


def test_what_does_not_parse_is_known_from_the_statement_around_it() -> None:
    file = source("a.py", "x = 1\nclass A:\n    def f(self):\n        return 1\n")
    assert still_parses(file, (Edit(0, 0, "y = "),))
    assert not still_parses(file, (Edit(0, 0, ") "),))
    assert not still_parses(file, (Edit(44, 44, "return "),))
    assert still_parses(file, (Edit(5, 6, "; y = 2\n"),))
