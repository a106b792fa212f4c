"""Refusals: short, and with all that a model needs for its next try."""

from patchwire.patch.document import Document
from patchwire.patch.model import Hunk, Line, Sign
from patchwire.patch.refusal import ambiguous, missing, one_sided, unclear_indent, without_context


def hunk(*lines: str, old_start: int | None = None) -> Hunk:
    return Hunk(tuple(Line(Sign(line[0]), line[1:]) for line in lines), old_start=old_start)


def test_the_first_line_that_differs_is_shown_with_its_place() -> None:
    document = Document("".join(f"line {i}\n" for i in range(1, 30)))
    text = missing(document, hunk(" line 10", "-line 11!", " line 12"), 2, 3, "x.py")
    assert text.startswith("x.py: hunk 2 of 3 does not fit: it expects `line 11!` (line 2 of its old side)")
    assert "line 11 of the file is `line 11`" in text
    assert "10\tline 10" in text
    assert len(text.splitlines()) < 10


def test_nothing_like_it() -> None:
    assert "none of the lines" in missing(Document("a\n"), hunk("-b"), 1, 1, "x")
    assert "the file is empty" in missing(Document(""), hunk("-b"), 1, 1, "x")


def test_the_end_of_the_file_is_named() -> None:
    assert "the file ends at line 2" in missing(Document("a\nb\n"), hunk(" a", " b", "-c"), 1, 1, "x")


def test_only_the_indentation_differs_unevenly() -> None:
    text = missing(Document("  a\nb\n"), hunk("-a", "-  b"), 1, 1, "x")
    assert "line 1 of the file is `  a`" in text


def test_all_is_there_but_it_can_not_be_told_where() -> None:
    text = missing(Document("a\nb\n"), hunk(" a", "+x", " b"), 1, 1, "x")
    assert "does not fit" in text


def test_long_lines_and_lists_are_cut() -> None:
    assert "..." in missing(Document("a\n" + "b" * 500 + "\n"), hunk(" a", "-c"), 1, 1, "x")
    assert "…" in ambiguous(list(range(20)), 1, 1, "x")
    assert "lines 1, 3" in ambiguous([0, 2], 1, 1, "x")


def test_the_other_reasons() -> None:
    assert "does not say where" in without_context(1, 1, "x")
    assert "indented otherwise" in unclear_indent(1, 2, "x")
    assert "near line 7" in one_sided(7, 1, 1, "x")
