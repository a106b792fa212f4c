"""Brackets, commas and the like that are gone."""

import pytest

from patchwire.repair.brackets import brackets, commas, glued
from patchwire.repair.broken import Broken, Proposal
from patchwire.repair.source import edited, source, syntax_error


def broken(text: str) -> Broken:
    file = source("a.py", text)
    assert file.error is not None
    return Broken(file, file.error)


def texts(text: str, proposals: list[Proposal]) -> list[str]:
    """What comes of the proposals, likeliest first; without those that do not parse."""
    made = [edited(text, edits) for _, edits in sorted(proposals, key=lambda proposal: -proposal[0])]
    return [each for each in made if syntax_error(each) is None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = f(1, 2\ny = 1\n", "x = f(1, 2)\ny = 1\n"),
        ("x = {\n    'a': 1,\n\ny = 1\nz = 2\n", "x = {\n    'a': 1,}\n\ny = 1\nz = 2\n"),
        ("x = [\n" + "    f(1, 2),\n" * 60 + "y = 1\n", "x = [\n" + "    f(1, 2),\n" * 59 + "    f(1, 2),]\ny = 1\n"),
        ("a[1] = a[2]\nb = a(1]\n", "a[1] = a[2]\nb = a[1]\n"),
        ("x = f(1,\n      2]\n", "x = f[1,\n      2]\n"),
        ("x = (f(1), [2]}\n", "x = {f(1), [2]}\n"),
    ],
)
def test_the_likeliest_bracket(text: str, expected: str) -> None:
    assert texts(text, [*brackets(broken(text))])[0] == expected


def test_an_unmatched_bracket_was_opened_before() -> None:
    text = "x = f 1, 2)\n"
    assert "x = f( 1, 2)\n" in texts(text, [*brackets(broken(text))])


def test_nothing_about_brackets_in_another_complaint() -> None:
    assert [*brackets(broken("x = = 1\n"))] == []


def test_a_bracket_that_cannot_be_found() -> None:
    """CPython may mean one inside a text (an f-string)."""
    wrong = Broken(source("a.py", "x = 1\n"), SyntaxError("'(' was never closed", ("a.py", 1, 1, "x = 1")))
    assert texts("x = 1\n", [*brackets(wrong)]) == []


def test_a_comma_many_lines_behind_the_beginning() -> None:
    text = "x = [\n    1,\n    f(2)\n    3,\n]\n"
    assert texts(text, [*commas(broken(text))]) == ["x = [\n    1,\n    f(2),\n    3,\n]\n"]
    assert [*commas(broken("x = = 1\n"))] == []


def test_two_names_run_together() -> None:
    text = "items = []\nitems.appendvalue)\nvalue = 1\n"
    wrong = broken(text)
    known = {"append": 2, "value": 1, "appendvalue": 1}
    number = next(n for n, token in enumerate(wrong.tokens) if token.text == "appendvalue")
    assert texts(text, [*glued(wrong, number, known, 0.0)])[0] == "items = []\nitems.append(value)\nvalue = 1\n"
    assert [*glued(wrong, number, known | {"appendvalue": 2}, 0.0)] == []
    assert [*glued(wrong, number + 1, known, 0.0)] == []
