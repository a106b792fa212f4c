"""Documents: lines, their looser forms, and where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.errors import PatchRefused
from patchwire.patch.document import MANY, Document, joined, loose, stripped, whole_lines
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
    assert document.habits(4).all == {""}


LINES = st.lists(st.sampled_from(["a", " a", "a b", "\tb", "", "  ", "b “", "ab"]), max_size=12)


@given(LINES, LINES, st.booleans())
def test_many_lines_are_found_where_few_are(lines: list[str], other: list[str], inside: bool) -> None:
    """A pass over all lines and a search in the text come to the same."""
    text = "\n".join(lines)
    wanted = lines[1:4] if inside else other[:2]
    searched, indexed = Document(text), Document(text)
    asked = [loose(line) for line in wanted]
    bare = [stripped(line) for line in wanted]
    many = [f"no {i}" for i in range(20)]
    indexed.loose.index([*asked, *many])
    indexed.stripped.index([*bare, *many])
    keys = [loose(line) for line in searched.lines]
    for document in (searched, indexed):
        size = len(wanted)
        starts = range(len(keys) - size + 1) if size else ()
        assert document.loose.matches(asked) == [at for at in starts if keys[at : at + size] == asked]
        assert document.stripped.matches(bare) == [
            at for at in starts if [key.lstrip() for key in keys[at : at + size]] == bare
        ]
        for line in filter(None, bare):
            assert list(document.stripped.where(line)) == [i for i, key in enumerate(keys) if key.lstrip() == line]
            begins = [i for i, key in enumerate(keys) if key.lstrip().startswith(line)]
            assert list(document.stripped.starting(line)) == begins
        assert list(document.stripped.keys) == [key.lstrip() for key in keys]
        assert [document.stripped.keys[i] for i in range(len(keys))] == list(document.stripped.keys)
        assert len(document.stripped.keys) == len(keys)


def test_lines_far_apart_are_found_at_their_numbers() -> None:
    lines = [f"{'x' * 90} {i}" for i in range(5_000)]
    lines[10] = lines[4_000] = lines[4_001] = "  here"
    document = Document("\n".join(lines))
    assert document.stripped.where("here") == [10, 4_000, 4_001]
    assert document.loose.matches(["  here"]) == [10, 4_000, 4_001]


def test_a_line_that_is_everywhere_is_not_looked_for_to_the_end() -> None:
    document = Document(" x\n" * 1_000)
    assert len(document.stripped.where("x")) == MANY
    assert document.stripped.matches(["x"]) == list(range(1_000))


def test_blank_lines_are_found_too() -> None:
    assert Document("a\n\n \nb\n").stripped.matches(["", ""]) == [1]


def test_the_habits_of_a_very_long_file_are_those_near_by() -> None:
    document = Document("  x\n" * 6_000 + "\ty\n" * 6_000)
    assert document.habits(0).all == {"  "}
    assert document.habits(12_000).all == {"\t"}


def test_a_file_of_too_many_lines_is_refused() -> None:
    with pytest.raises(PatchRefused, match="more than 2,000,000 lines"):
        Document("x\n" * 2_000_001)


def test_work_is_counted() -> None:
    effort = Effort(1_000)
    Document("x\n" * 100, effort=effort)
    assert effort.left < 1_000


def test_whole_lines_keep_their_ends() -> None:
    assert whole_lines("a\r\nb\rc\n\x0cd") == ["a\r\n", "b\rc\n", "\x0cd"]
    assert whole_lines("") == []
