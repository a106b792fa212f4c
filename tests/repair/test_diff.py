"""Edits as diffs and as words."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from patchwire.repair.diff import in_words, unified
from patchwire.repair.source import Edit, edited, source

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def applied(text: str, diff: str) -> str:
    """A strict reading of a diff with one hunk."""
    _, _, header, *body = diff.rstrip("\n").split("\n")
    start, count = (int(number) for number in header.split(" ")[1][1:].split(","))
    lines = text.split("\n")
    has_end = lines[-1] == ""
    lines = lines[:-1] if has_end else lines
    old = [line[1:] for line in body if line[0] in " -"]
    new = [line[1:] for line in body if line[0] in " +"]
    at = start - 1 if count else start
    assert lines[at : at + count] == old
    assert int(header.split(" ")[2].split(",")[1]) == len(new)
    assert ("\\ No newline at end of file" in body) == (not has_end and at + count == len(lines))
    return "\n".join([*lines[:at], *new, *lines[at + count :]]) + ("\n" if has_end else "")


def test_a_line_in_the_middle() -> None:
    assert unified(source("a/b.py", TEN), (Edit(28, 34, "LINE 5"),)) == (
        "--- a/a/b.py\n+++ b/a/b.py\n@@ -2,7 +2,7 @@\n"
        " line 2\n line 3\n line 4\n-line 5\n+LINE 5\n line 6\n line 7\n line 8\n"
    )


@given(st.lists(st.sampled_from(["", "a", "b", "é"]), min_size=1, max_size=12), st.booleans(), st.data())
def test_a_diff_makes_the_edit(lines: list[str], end: bool, data: st.DataObject) -> None:
    text = "\n".join(lines) + ("\n" if end else "")
    body = len(text) - end
    start = data.draw(st.integers(0, body))
    edit = Edit(start, data.draw(st.integers(start, body)), data.draw(st.sampled_from(["", "x", "x\ny", "\n"])))
    want = edited(text, (edit,))
    assume(want not in (text, "", "\n") and text and want.endswith("\n") == text.endswith("\n"))
    assert applied(text, unified(source("a.py", text), (edit,))) == want


def test_the_whole_of_a_file_goes() -> None:
    assert "@@ -1,1 +0,0 @@\n-x\n" in unified(source("a.py", "x\n"), (Edit(0, 2, ""),))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit(5, 6, "<="), ("<", "<=", 1)),
        (Edit(3, 3, "not "), ("", "not", 1)),
        (Edit(3, 7, ""), ("a <", "", 1)),
        (Edit(11, 15, ""), ("pass", "", 2)),
        (Edit(11, 11, "   "), ("", "", 2)),
        (Edit(9, 9, "  # x\n"), ("", "# x", 1)),
    ],
)
def test_what_changed_in_tokens(edit: Edit, words: tuple[str, str, int]) -> None:
    assert in_words(source("a.py", "if a < b:\n pass\n"), (edit,)) == words
