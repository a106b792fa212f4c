"""Indentation: how two differ, how a line is indented anew, and what looks right."""

import pytest

from patchwire.patch.indent import KEEP, Habits, Reindent, difference, fit


@pytest.mark.parametrize(
    ("expected", "found", "way"),
    [
        (["a", "  b"], ["a", "  b"], KEEP),
        (["a", "  b", ""], ["    a", "      b", "x"], Reindent(put="    ")),
        (["    a", "      b"], ["a", "  b"], Reindent(cut="    ")),
        (["a", "    b", "        c"], ["a", "\tb", "\t\tc"], Reindent(old="    ", new="\t")),
        (["a", "\tb"], ["a", "  b"], Reindent(old="\t", new="  ")),
        (["a", "  b"], ["  a", "  b"], None),
    ],
)
def test_the_one_way_in_which_lines_differ(expected: list[str], found: list[str], way: Reindent | None) -> None:
    assert difference(expected, found) == way


def test_a_line_is_indented_anew() -> None:
    assert Reindent(put="  ")("x") == "  x"
    assert Reindent(put="  ")(" ") == " "
    assert Reindent(cut="  ")("   x") == " x"
    assert Reindent(cut="  ")(" x") is None
    assert Reindent(put="  ")("\tx") is None
    assert Reindent(put="\t")("  x") == "\t  x"
    assert Reindent(old="\t", new="    ")("\t\tx\ty") == "        x\ty"


KNOWN = Habits(["x", "    x", "        x"])


@pytest.mark.parametrize(
    ("above", "good", "bad", "below"),
    [
        ("if x:", "    y", "y", ""),
        ("    return x", "def f():", "    y", ""),
        ("x = 1", "y = 2", "    y = 2", "z = 3"),
        ("    x = 1", "}", "    }", ""),
        ("f(", ")", "    )", ""),
        ("    x = 1,", "        y", "y", ""),
        ("x", "y", "  y", ""),
        ("  return if a;", "  return unless b;", "      return unless b;", "  c;"),
        ("    return a if b else c", "d", "    d", ""),
        ("if (a)", "    b();", "b();", ""),
        ("    } else", "        b();", "    b();", ""),
        ("if (a)", "{", "    {", ""),
        ("", "y", "   y", ""),
    ],
)
def test_what_looks_right_fits_better(above: str, good: str, bad: str, below: str) -> None:
    assert fit([good], [], above, below, KNOWN) > fit([bad], [], above, below, KNOWN)


def test_a_line_fits_where_the_one_it_replaces_stood() -> None:
    assert fit(["    x = 2"], ["    x = 1"], "", "", KNOWN) > fit(["x = 2"], ["    x = 1"], "", "", KNOWN)
    assert fit(["    x"], ["    x", "    y"], "", "", KNOWN) > fit(["x"], ["    x", "    y"], "", "", KNOWN)


def test_blank_lines_fit_anywhere() -> None:
    assert fit(["", " "], [], "x:", "y", KNOWN) == 0.0


def test_a_line_is_indented_like_others_that_begin_like_it() -> None:
    habits = Habits(["class A:", "    def f():", "        x = 1", "", "}"])
    assert fit(["    def g():"], [], "        )", "", habits) > fit(["        def g():"], [], "        )", "", habits)
    assert habits.strange("  x")
    assert habits.unusual("x")
    assert not habits.unusual("    unheard of")
