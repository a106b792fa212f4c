"""The three-way merge: git's caution, both sides alike, and nothing of either lost."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.merge import Conflict, merge

BASE = "".join(f"{i}\n" for i in range(1, 11))
TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "a\r\n"]), max_size=12).map("".join)
TEXT_OPEN = st.tuples(TEXT, st.sampled_from(["", "", "a", "end"])).map("".join)


@st.composite
def edited(draw: st.DrawFn, lines: list[str], name: str) -> list[str]:
    """The lines with a few changes that nobody else makes."""
    out = list(lines)
    for number in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(out)))
        end = draw(st.integers(start, min(len(out), start + 3)))
        out[start:end] = [f"{name}{number}.{i}\n" for i in range(draw(st.integers(0, 2)))]
    return out


@st.composite
def triples(draw: st.DrawFn) -> tuple[str, str, str]:
    """A text whose lines differ, and two texts made from it."""
    base = [f"{i}\n" for i in range(draw(st.integers(0, 25)))]
    ours = draw(edited(base, "ours"))
    theirs = draw(edited(base, "theirs"))
    if draw(st.booleans()):  # something that both sides have done
        base, ours, theirs = ([*lines, "same\n"] for lines in (base, ours, theirs))
        ours[-1] = theirs[-1] = draw(st.sampled_from(["same\nand more\n", "other\n", ""]))
    texts = ["".join(lines) for lines in (base, ours, theirs)]
    if draw(st.booleans()):
        texts = [text.removesuffix("\n") for text in texts]
    return texts[0], texts[1], texts[2]


@given(TEXT_OPEN, TEXT_OPEN)
def test_who_changed_nothing_gets_the_other_side(base: str, other: str) -> None:
    assert merge(base, base, other).text == other
    assert merge(base, other, base).text == other
    assert merge(base, other, other).text == other


@given(st.one_of(triples(), st.tuples(TEXT_OPEN, TEXT_OPEN, TEXT_OPEN)))
def test_both_sides_are_treated_alike(texts: tuple[str, str, str]) -> None:
    base, ours, theirs = texts
    merged, mirrored = merge(base, ours, theirs), merge(base, theirs, ours)
    assert merged.text == mirrored.text
    assert [(c.base, c.ours, c.theirs, c.base_line, c.our_line, c.their_line) for c in merged.conflicts] == [
        (c.base, c.theirs, c.ours, c.base_line, c.their_line, c.our_line) for c in mirrored.conflicts
    ]


@given(st.one_of(triples(), st.tuples(TEXT_OPEN, TEXT_OPEN, TEXT_OPEN)))
def test_the_pieces_hold_each_sides_text(texts: tuple[str, str, str]) -> None:
    """A conflict's three texts stand where it says; what is settled has every line that a side alone put there."""
    merged = merge(*texts)
    for conflict in merged.conflicts:
        for text, part, line in zip(
            texts,
            (conflict.base, conflict.ours, conflict.theirs),
            (conflict.base_line, conflict.our_line, conflict.their_line),
            strict=True,
        ):
            lines = text.split("\n")[line - 1 :]
            assert "\n".join(lines).startswith(part)
    everything = merged.marked()
    for name in ("ours", "theirs"):
        for line in "\n".join(texts).split("\n"):
            if line.startswith((f"{name}0", f"{name}1")):
                assert line in everything


def git_merge(folder: Path, base: str, ours: str, theirs: str) -> str | None:
    """What `git merge-file` makes of it; None if it conflicts."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_bytes(text.encode())
    done = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, capture_output=True, check=False
    )
    return done.stdout.decode() if done.returncode == 0 else None


def test_it_is_clean_where_git_is_and_says_the_same(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    seen = {True: 0, False: 0}

    @given(triples())
    def check(texts: tuple[str, str, str]) -> None:
        expected = git_merge(tmp_path, *texts)
        seen[expected is not None] += 1
        assert merge(*texts).text == expected

    check()
    assert seen[True]
    assert seen[False]


def test_repeated_lines_never_make_it_bolder_than_git(tmp_path: Path) -> None:
    """With few different lines there are several ways to see a change: then we may conflict where git does not."""

    @given(TEXT_OPEN, TEXT_OPEN, TEXT_OPEN)
    def check(base: str, ours: str, theirs: str) -> None:
        merged = merge(base, ours, theirs).text
        if merged is not None and ours != theirs:
            assert git_merge(tmp_path, base, ours, theirs) in (merged, None)

    check()


def test_changes_that_touch_collide_and_say_where() -> None:
    ours = BASE.replace("3\n", "three\n")
    theirs = "new\n" + BASE.replace("4\n", "four\n")
    merged = merge(BASE, ours, theirs)
    assert merged.text is None
    assert merged.conflicts == (Conflict("3\n4\n", "three\n4\n", "3\nfour\n", 3, 3, 4),)


def test_changes_with_a_line_between_are_both_made() -> None:
    merged = merge(BASE, BASE.replace("3\n", "three\n"), BASE.replace("5\n", "five\n"))
    assert merged.text == BASE.replace("3\n", "three\n").replace("5\n", "five\n")
    assert merged.conflicts == ()


def test_what_both_sides_inserted_is_there_once() -> None:
    ours, theirs = "import os\n" + BASE, "import os\n" + BASE + "end\n"
    assert merge(BASE, ours, theirs).text == theirs


def test_a_conflict_is_shown_between_gits_markers() -> None:
    merged = merge("a\nb\nc\n", "a\nB\nc\n", "a\n2\nc\n")
    assert merged.marked("yours", "before", "the patch") == (
        "a\n<<<<<<< yours\nB\n||||||| before\nb\n=======\n2\n>>>>>>> the patch\nc\n"
    )


def test_markers_end_as_the_text_does_and_stand_on_lines_of_their_own() -> None:
    merged = merge("a\r\nb", "a\r\nB", "a\r\n")
    assert merged.marked() == ("a\r\n<<<<<<< ours\r\nB\r\n||||||| base\r\nb\r\n=======\r\n>>>>>>> theirs\r\n")


def test_a_lost_final_newline_is_a_change() -> None:
    assert merge("a\nb\n", "a\nb", "A\nb\n").text is None  # they touch
    assert merge("a\n.\nb\n", "a\n.\nb", "A\n.\nb\n").text == "A\n.\nb"


def test_a_hundred_thousand_lines_take_a_moment() -> None:
    base = [f"line {i}\n" for i in range(100_000)]
    ours, theirs = list(base), list(base)
    ours[::100] = [f"ours {i}\n" for i in range(1_000)]
    theirs[50::100] = [f"theirs {i}\n" for i in range(1_000)]
    start = time.process_time()
    merged = merge("".join(base), "".join(ours), "".join(theirs))
    assert time.process_time() - start < 2
    assert merged.text is not None
    assert merged.text.count("ours") == merged.text.count("theirs") == 1_000
