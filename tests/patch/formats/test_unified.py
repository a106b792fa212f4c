"""Unified diffs: headers of every kind."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.formats import unified
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.model import FilePatch, Kind

HUNK = "@@ -1 +1 @@\n-a\n+b\n"


def read(text: str) -> FilePatch:
    return unified.read(Cursor(text))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("a/x b/x", ("a/x", "b/x")),
        ("a/my file b/my file", ("a/my file", "b/my file")),
        ('"a/\\303\\251" "b/\\303\\251"', ("a/é", "b/é")),
        ('a/x "b/\\303\\251"', ("a/x", "b/é")),
        ("a/x b/other", ("a/x", "b/other")),
    ],
)
def test_names_in_gits_line(line: str, names: tuple[str, str]) -> None:
    head = unified._Head()
    unified._read_git(Cursor(f"diff --git {line}\n"), head)
    assert (head.old, head.new) == names


def test_starts() -> None:
    assert unified.starts(Cursor("diff --git a/x b/x\n"))
    assert unified.starts(Cursor("--- a/x\n+++ b/x\n"))
    assert not unified.starts(Cursor("--- a/x\n\n+++ b/x\n"))


def test_kinds() -> None:
    assert read("--- a/x\n+++ b/x\n" + HUNK).kind is Kind.MODIFY
    assert read("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n").content == "b\n"
    assert read("--- a/x\n+++ /dev/null\n" + HUNK).kind is Kind.DELETE
    moved = read("diff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\n--- a/x\n+++ b/y\n" + HUNK)
    assert (moved.kind, moved.old_path, moved.path, len(moved.hunks)) == (Kind.RENAME, "x", "y", 1)
    copied = read("diff --git a/x b/y\ncopy from x\ncopy to y\n")
    assert (copied.kind, copied.old_path) == (Kind.ADD, "x")
    assert read("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n").mode == 0o100755
    assert read("diff --git a/x b/x\nnew file mode 100644\nindex 0..1\n").content == ""


def test_an_added_file_without_a_final_newline() -> None:
    assert read("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n").content == "b"


def test_an_added_file_that_removes_lines_has_no_content() -> None:
    assert read("--- /dev/null\n+++ b/x\n" + HUNK).content is None


def test_two_names_are_one_file() -> None:
    file = read("--- x.py.orig\n+++ x.py\n" + HUNK)
    assert (file.kind, file.path, file.aliases) == (Kind.MODIFY, "x.py", ("x.py.orig",))


def test_a_body_may_come_without_its_header() -> None:
    assert len(read("--- a/x\n+++ b/x\n a\n-b\n").hunks) == 1


def test_blank_lines_between_hunks() -> None:
    assert len(read("--- a/x\n+++ b/x\n" + HUNK + "\n\n" + HUNK.replace("-1", "-9")).hunks) == 2
    assert read("--- a/x\n+++ b/x\n@@ @@\n@@ @@\n-a\n").hunks[0].before == ("a",)
    assert len(read("--- a/x\n+++ b/x\n@@ -1 +1 @@\n@@ -1 +1 @@\n-a\n+b\n").hunks) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--- a/x\n+++ b/x\n@@@ -1 -1 +1 @@@\n", "combined diff"),
        ("--- /dev/null\n+++ /dev/null\n" + HUNK, "names no file"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "binary"),
        ("diff --git a/x b/x\nnew file mode 160000\n", "submodule"),
        ("--- a/x\n+++ b/x\ntalk\n", "no hunk"),
    ],
)
def test_refusals(text: str, reason: str) -> None:
    with pytest.raises(PatchRefused, match=reason):
        read(text)
