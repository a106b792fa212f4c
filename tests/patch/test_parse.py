"""Parsing: any text ends in a Patch or in PatchRefused, whatever the format and whatever stands around it."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.errors import PatchRefused
from patchwire.patch.model import FilePatch, Hunk, Kind, Line, Patch, Sign
from patchwire.patch.parse import MAX_LINES, parse, paths_in

PIECES = [
    "--- a/x\n", "+++ b/x\n", "@@ -1,2 +1,2 @@\n", "@@ @@\n", "@@", " a\n", "-b\n", "+c\n", "\n", "text\n", "```\n",
    "diff --git a/x b/x\n", "*** Begin Patch\n", "*** Update File: x\n", "*** Add File: y\n", "*** Move to: z\n",
    "*** End of File\n", "*** End Patch\n", "/dev/null", "x.py\n", "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n",
    "\\ No newline at end of file\n", "GIT binary patch\n", "rename from x\n", "rename to y\n", "--- /dev/null\n",
    "<<'EOF'\n", "EOF\n", "\r\n", "@@@ -1 -1 +1 @@@\n",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(PatchRefused):
        patch = parse(text)
        assert patch.files
        assert set(paths_in(patch)) >= {file.path for file in patch.files}


def test_paths_are_all_that_may_be_read_or_written() -> None:
    patch = parse(
        "--- a/x.py\n+++ a/x.py\n@@ @@\n-a\n+b\ndiff --git a/o b/n\nrename from o\nrename to n\n"
        "*** Delete File: gone.py\n"
    )
    assert paths_in(patch) == ("a/x.py", "x.py", "n", "o", "gone.py")


def test_hunks_without_a_file_are_of_the_one_named() -> None:
    for text, path in (("@@ @@\n-a\n+b\n", "x.py"), ("In `x.py`:\n\n`x.py`\n```diff\n@@ @@\n-a\n+b\n```\n", None)):
        assert parse(text, path=path).files == (
            FilePatch("x.py", Kind.MODIFY, (Hunk((Line(Sign.REMOVED, "a"), Line(Sign.ADDED, "b"))),)),
        )


def test_hunks_behind_talk_are_of_the_file_before() -> None:
    text = "--- a/x\n+++ b/x\n@@ @@\n-a\n+b\n\nand further down:\n\n@@ @@\n-c\n+d\n"
    (file,) = parse(text).files
    assert [hunk.before for hunk in file.hunks] == [("a",), ("c",)]


def test_blocks_of_one_file_are_one_patch_of_it() -> None:
    block = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
    text = "x.py\n" + block.format("a", "b") + "y.py\n" + block.format("a", "b") + "x.py\n" + block.format("c", "d")
    assert [(file.path, len(file.hunks)) for file in parse(text).files] == [("x.py", 2), ("y.py", 1)]


def test_a_second_diff_of_a_file_stays_a_second_one() -> None:
    part = "--- a/x\n+++ b/x\n@@ @@\n-a\n+b\n"
    assert [file.path for file in parse(part + part).files] == ["x", "x"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no patch in this text"),
        ("just talk\n", "no patch in this text"),
        ("@@ @@\n-a\n+b\n", "names no file"),
        ("@@ @@\n", "no patch in this text"),
        ("--- a/x\n+++ b/x\n@@ @@\n a\n b\n", "no line is removed or added"),
        ("--- a/x\n+++ b/x\n", "no hunk behind"),
        ("\n" * (MAX_LINES + 1), "too long"),
        ("--- a/x\n+++ b/x\n" + "@@ -1 +1 @@\n-a\n+b\n" * 20_001, "too many parts"),
    ],
)
def test_refusals_say_why(text: str, reason: str) -> None:
    with pytest.raises(PatchRefused, match=reason):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["`" * 3_000_000, " " * 3_000_000, "<" * 3_000_000, "```\n" * 100_000, "x.py\n```a\n" * 50_000, "@@\n" * 100_000,
     "diff --git " + "a " * 1_000_000, '--- "' + "\\303" * 500_000 + '"\n+++ b/x\n', "<<<<<<< SEARCH\n" * 100_000],
)  # fmt: skip
def test_noise_is_quick(text: str) -> None:
    start = time.process_time()
    with suppress(PatchRefused):
        parse(text, path="x")
    assert time.process_time() - start < 5


def test_a_context_only_hunk_among_others_is_dropped() -> None:
    (file,) = parse("--- a/x\n+++ b/x\n@@ @@\n a\n@@ @@\n-b\n+c\n").files
    assert len(file.hunks) == 1


def test_a_patch_is_a_value() -> None:
    text = "--- a/x\n+++ b/x\n@@ @@\n-b\n+c\n"
    assert parse(text) == parse(text) == Patch(parse(text).files)
