"""Hunks: every `@@` line, true and false counts, lost signs."""

import pytest

from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.formats.hunks import Header, header, read_hunk
from patchwire.patch.model import Hunk


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("@@ -1,2 +3,4 @@", Header(1, 2, 3, 4)),
        ("@@ -1 +3 @@ def f():", Header(1, 1, 3, 1, "def f():")),
        ("@@ @@", Header()),
        ("@@", Header()),
        ("@@ ... @@", Header()),
        ("@@ class A:", Header(heading="class A:")),
        ("@@ class A: @@", Header(heading="class A:")),
        ("no header", Header()),
    ],
)
def test_headers(line: str, expected: Header) -> None:
    assert header(line) == expected


def read(text: str, closing: str | None = None) -> Hunk:
    cursor = Cursor(text)
    cursor.closing = closing
    hunk = read_hunk(cursor)
    assert hunk
    return hunk


def body(hunk: Hunk) -> list[str]:
    return [line.sign.value + line.text for line in hunk.lines]


def test_true_counts_are_believed() -> None:
    hunk = read("@@ -1,2 +1,3 @@\n a\n\n+--- a/x\n+++ what a body is\n")
    assert not hunk.counted
    hunk = read("@@ -1,3 +1,2 @@\n a\n--- x\n b\n+++ y is talk\n")
    assert not hunk.counted
    hunk = read("@@ -1,2 +1,2 @@\n a\n--- x\n+++ y\n\ntalk\n")
    assert hunk.counted
    assert body(hunk) == [" a", "--- x", "+++ y"]


def test_a_header_of_the_next_file_is_no_body_though_the_counts_say_so() -> None:
    hunk = read("@@ -1,3 +1,3 @@\n a\n-b\n+c\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n")
    assert body(hunk) == [" a", "-b", "+c"]


def test_counts_that_are_too_small_are_not_believed() -> None:
    hunk = read("@@ -1,1 +1,1 @@\n a\n-b\n+c\n d\n")
    assert body(hunk) == [" a", "-b", "+c", " d"]


def test_nor_if_they_end_before_a_blank_line_that_lost_its_sign() -> None:
    hunk = read("@@ -1,2 +1,2 @@\n\n .SH\n\n-b\n+c\n")
    assert body(hunk) == [" ", " .SH", " ", "-b", "+c"]
    hunk = read("@@ -1,2 +1,2 @@\n-a\n+b\n d\n\n\n-    e\n+    f\n")
    assert body(hunk) == ["-a", "+b", " d", " ", " ", "-    e", "+    f"]


def test_but_a_list_behind_a_blank_line_is_talk() -> None:
    hunk = read("@@ -1,1 +1,1 @@\n-a\n+b\n\n- That is all.\n")
    assert hunk.counted
    assert body(hunk) == ["-a", "+b"]


def test_the_next_files_header_ends_a_counted_body() -> None:
    hunk = read("@@ -1,1 +1,1 @@\n-a\n+b\n--- a/y\n+++ b/y\n")
    assert hunk.counted


def test_counts_that_are_too_big_are_not_believed() -> None:
    assert body(read("@@ -1,9 +1,9 @@\n a\n-b\n@@ -30 +30 @@\n")) == [" a", "-b"]
    assert body(read("@@ -1,9 +1,9 @@\n a\n-b\n")) == [" a", "-b"]


def test_blank_lines_are_context_but_not_at_the_end() -> None:
    assert body(read("@@ @@\n a\n\n-b\n\n\n")) == [" a", " ", "-b"]


def test_lost_signs_are_context() -> None:
    assert body(read("@@ @@\nold line\n-b\n+c\n")) == [" old line", "-b", "+c"]
    assert body(read("@@ @@\n-b\nold line\n\nanother\n```\ntalk", closing="```")) == [
        "-b",
        " old line",
        " ",
        " another",
    ]


@pytest.mark.parametrize("talk", ["This is it.\n", "\nThis is it.\n- point\n", "```\n", "a\n" * 40, "one\n@@ @@\n-x\n"])
def test_talk_behind_a_hunk_is_no_part_of_it(talk: str) -> None:
    assert body(read("@@ @@\n-b\n+c\n" + talk)) == ["-b", "+c"]


def test_headings_stack() -> None:
    assert read("@@ class A:\n@@ def f():\n-a\n").headings == ("class A:", "def f():")


def test_marks_of_no_newline() -> None:
    mark = "\\ No newline at end of file\n"
    hunk = read(f"@@ -1 +1 @@\n-a\n{mark}+b\n{mark}")
    assert (hunk.old_newline, hunk.new_newline) == (False, False)
    hunk = read(f"@@ @@\n-a\n{mark}+b\n")
    assert (hunk.old_newline, hunk.new_newline) == (False, True)
    hunk = read(f"@@ @@\n{mark} a\n-a\n+b\n{mark}")
    assert (hunk.old_newline, hunk.new_newline) == (True, False)
    hunk = read("@@ @@\n-a\n+b\n")
    assert (hunk.old_newline, hunk.new_newline) == (None, None)


def test_no_body_is_no_hunk() -> None:
    assert read_hunk(Cursor("@@ -1 +1 @@\n@@ -2 +2 @@\n")) is None
