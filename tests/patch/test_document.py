"""Documents: lines, their looser forms, and where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.document import Document, joined, loose, stripped, whole_lines
from patchwire.patch.effort import Effort


@given(st.text())
def test_lines_join_to_the_text(text: str) -> None:
    document = Document(text)
    assert joined(document.lines, document.separator, ended=document.ended) == text


def test_what_no_reader_sees_is_loose() -> None:
    assert loose("  “it’s” – fine…\u00a0\t") == '  "it\'s" - fine...'
    assert loose("plain \r") == "plain"
    assert stripped("  x ") == "x"


@pytest.mark.parametrize("text", ["a \nb\n  a\nb", "a \nb\n  a\nb – \n"])
def test_matches_are_of_whole_runs(text: str) -> None:
    document = Document(text)
    document.loose.index(["a", "b", "no"])
    assert document.loose.matches(["a", "b"]) == [0]
    assert document.loose.matches(["b", "no"]) == []
    assert document.loose.matches([]) == []
    document.stripped.index(["a"])
    document.stripped.index(["a"])
    assert document.stripped.matches(["a"]) == [0, 2]


def test_a_run_that_would_begin_before_the_file_is_none() -> None:
    document = Document("b\na\n")
    document.loose.index(["a", "b"])
    assert document.loose.matches(["a", "b"]) == []


def test_neighbours_with_text() -> None:
    document = Document("a\n\n\nb\n")
    assert (document.text_above(3), document.text_below(1)) == ("a", "b")
    assert (document.text_above(0), document.text_below(4)) == ("", "")
    assert document.habits.all == {""}


def test_work_is_counted() -> None:
    effort = Effort(1_000)
    Document("x\n" * 100, effort=effort)
    assert effort.left < 1_000


def test_whole_lines_keep_their_ends() -> None:
    assert whole_lines("a\r\nb\rc\n\x0cd") == ["a\r\n", "b\rc\n", "\x0cd"]
    assert whole_lines("") == []
