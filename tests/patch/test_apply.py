"""Applying: all formats to one text, all files or none, every line end as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.errors import PatchRefused
from patchwire.patch.apply import Applied, _edits, apply, apply_text
from patchwire.patch.diff import unified
from patchwire.patch.document import Document
from patchwire.patch.indent import Reindent
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.parse import parse
from patchwire.patch.place import Place

FILES = {"x.py": "a\nb\nc\nd\ne\n"}


@pytest.mark.parametrize(
    "patch",
    [
        "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
        "Here:\n```diff\n--- a/x.py\n+++ b/x.py\n@@ @@\n a\n-b\n+B\n c\n```\nDone.\n",
        "*** Begin Patch\n*** Update File: x.py\n@@\n a\n-b\n+B\n*** End Patch\n",
        "x.py\n```\n<<<<<<< SEARCH\na\nb\n=======\na\nB\n>>>>>>> REPLACE\n```\n",
        "x.py\n```\na\nB\nc\nd\ne\n```\n",
    ],
)
def test_every_format_comes_to_the_same(patch: str) -> None:
    assert apply_text(patch, FILES) == {"x.py": "a\nB\nc\nd\ne\n"}


def result(patch: str, files: dict[str, str]) -> Applied:
    return apply(parse(patch), files)


def test_changes_tell_their_kind() -> None:
    patch = (
        "*** Begin Patch\n*** Add File: new\n+n\n*** Delete File: gone\n"
        "*** Update File: old\n*** Move to: moved\n@@\n-o\n+O\n"
        "*** Update File: x\n@@\n-a\n+b\n*** End Patch\n"
    )
    done = result(patch, {"gone": "g\n", "old": "o\n", "x": "a\n"})
    assert done.files == {"new": "n\n", "gone": None, "moved": "O\n", "old": None, "x": "b\n"}
    assert done.changes == (
        FileChange("new", Kind.ADD, None, "n\n"),
        FileChange("gone", Kind.DELETE, "g\n", None),
        FileChange("moved", Kind.RENAME, "o\n", "O\n", "old"),
        FileChange("x", Kind.MODIFY, "a\n", "b\n"),
    )


def test_what_is_there_already_is_told_and_no_error() -> None:
    patch = (
        "*** Begin Patch\n*** Add File: new\n+n\n*** Delete File: gone\n"
        "*** Update File: old\n*** Move to: moved\n@@\n-o\n+O\n"
        "*** Update File: x\n@@\n a\n-b\n+B\n*** End Patch\n"
    )
    done = result(patch, {"new": "n\n", "moved": "O\n", "x": "a\nB\n"})
    assert (done.files, done.changes) == ({}, ())
    assert done.already == ("new", "gone", "moved", "x")


def test_a_file_added_and_taken_away_again_is_no_change() -> None:
    done = result("*** Add File: x\n+a\n*** Delete File: x\n", {})
    assert (done.files, done.changes) == ({}, ())


def test_a_pure_move_that_is_done_already() -> None:
    patch = "diff --git a/o b/n\nrename from o\nrename to n\n"
    assert result(patch, {"n": "x\n"}).already == ("n",)


def test_a_file_moved_onto_itself_is_updated() -> None:
    assert apply_text("*** Update File: x\n*** Move to: x\n@@\n-a\n+b\n", {"x": "a\n"}) == {"x": "b\n"}


def test_later_parts_see_what_earlier_ones_did() -> None:
    patch = "*** Delete File: x\n*** Add File: x\n+whole\n*** Update File: x\n@@\n-whole\n+new\n"
    assert apply_text(patch, {"x": "a\n"}) == {"x": "new\n"}


def test_an_empty_file_may_be_added_over() -> None:
    assert apply_text("*** Add File: x\n+a\n", {"x": ""}) == {"x": "a\n"}


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ("--- a/y\n+++ b/y\n@@ @@\n-a\n+b\n", "y: there is no such file"),
        ("*** Add File: x\n+other\n", "x: is there already"),
        ("--- /dev/null\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n", "z: an added file can not have removed lines"),
        ("diff --git a/o b/n\nrename from o\nrename to n\n", "o: there is no such file to rename"),
        ("diff --git a/x b/y2\nrename from x\nrename to y2\n", "y2: is there already"),
        ("--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-other\n", "x: the hunk does not fit"),
        ("".join(f"*** Update File: y{i}\n@@\n-a\n+b\n" for i in range(30)), "and 21 more parts"),
    ],
)
def test_refusals(patch: str, reason: str) -> None:
    with pytest.raises(PatchRefused, match=reason):
        apply_text(patch, {"x": "a\n", "y2": "b\n"})


@given(st.lists(st.sampled_from(["a\n", "b\n", "a\r\n", "b\r\n"]), min_size=1, max_size=8), st.integers(0, 7))
def test_a_diff_of_the_text_without_carriage_returns_keeps_them(lines: list[str], at: int) -> None:
    text = "".join(lines)
    plain = text.replace("\r", "").splitlines(keepends=True)
    at = min(at, len(plain) - 1)
    changed = [*plain[:at], "new\n", *plain[at + 1 :]]
    new = apply_text(unified("".join(plain), "".join(changed), "x"), {"x": text})["x"]
    assert new is not None
    assert new.replace("\r", "") == "".join(changed)
    assert new.split("\n")[at].endswith("\r") == lines[at].endswith("\r\n")


def test_an_insertion_into_an_empty_file_has_no_neighbour() -> None:
    assert apply_text("--- a/x\n+++ b/x\n@@ @@\n+a\r\n+b\n", {"x": ""}) == {"x": "a\r\nb\n"}


def test_an_insertion_at_the_top_ends_like_the_first_line() -> None:
    assert apply_text("--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+new\n", {"x": "a\r\nb\n"}) == {"x": "new\r\na\r\nb\n"}


def test_a_line_that_can_not_be_cut_loses_its_indentation() -> None:
    (file,) = parse("--- a/x\n+++ b/x\n@@ @@\n     a\n+  b\n").files
    document = Document("a\n")
    assert _edits(document, file.hunks[0], Place(0, 1, (0,), reindent=Reindent(cut="    "))) == [(1, 1, ["b"])]


def test_a_deleted_file_without_hunks_is_gone() -> None:
    assert apply_text("*** Delete File: x\n", {"x": "a\n"}) == {"x": None}


def test_the_reading_of_a_path_that_exists_is_taken() -> None:
    patch = "--- a/x\n+++ b/x\n@@ @@\n-a\n+b\n"
    assert apply_text(patch, {"a/x": "a\n"}) == {"a/x": "b\n"}
    assert apply_text(patch, {"a/x": "a\n", "x": "a\n"}) == {"x": "b\n"}
