"""Diffs: what is rendered, applied again, gives the other text; edits, replayed by a toy editor, do too."""

import io
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unidiff import PatchSet

from patchwire.patch.apply import apply, apply_text
from patchwire.patch.diff import Encoding, TextEdit, diff, render, text_edits, unified
from patchwire.patch.model import FilePatch, Kind, Patch
from patchwire.patch.parse import parse

LINES = [
    "", "a", "b", "x = 1", "    y", "\ty", "}", " ", "-", "+", "@@ -1 +1 @@", "-- a/x", "++ b/x", "--- a/x", "+++ b/x",
    "\\ No newline at end of file", "diff --git a/x b/x", "*** Begin Patch", "*** End Patch", "*** Update File: x",
    "<<<<<<< SEARCH", "=======", "```", "x.py", "\r", "a\r", "a\rb", "\x0c", "\x1c", "\x85", "\u2028", "é", "𝄞",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=6)), max_size=14).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""])])
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts, the second often a small change of the first."""
    before = draw(TEXTS)
    if draw(st.booleans()):
        return before, draw(TEXTS)
    lines = before.split("\n")
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(LINES), max_size=2))
    return before, "\n".join(lines)


@given(versions(), st.integers(1, 4))
@example(("a\n", "a"), 3)
@example(("a", ""), 3)
@example(("", "a"), 3)
def test_what_is_rendered_applies_to_the_text_it_was_made_of(texts: tuple[str, str], context: int) -> None:
    before, after = texts
    patch = parse(render(Patch((diff(before, after, "x.py", context=context),))))
    assert apply(patch, {"x.py": before}).files.get("x.py", before) == after


@given(versions())
def test_unidiff_reads_the_same(texts: tuple[str, str]) -> None:
    before, after = texts
    if before == after or "\r" in before + after:  # unidiff does not keep carriage returns apart
        return
    text = unified(before, after, "x.py")
    (ours,) = parse(text).files
    (theirs,) = PatchSet.from_string(text)
    assert [(h.old_start, h.new_start) for h in ours.hunks] == [(h.source_start, h.target_start) for h in theirs]
    assert [len(h.lines) for h in ours.hunks] == [sum(x.line_type != "\\" for x in h) for h in theirs]
    assert [[x.sign.value + x.text for x in h.lines] for h in ours.hunks] == [
        [x.line_type + x.value.removesuffix("\n") for x in h if x.line_type != "\\"] for h in theirs
    ]


WIDTHS: dict[Encoding, Callable[[str], int]] = {
    "utf-8": lambda sign: len(sign.encode("utf-8", "surrogatepass")),
    "utf-16": lambda sign: 2 if ord(sign) > 0xFFFF else 1,
    "utf-32": lambda sign: 1,
}


def replay(text: str, edits: list[TextEdit], encoding: Encoding) -> str:
    """A toy editor: every edit is of the text as it was; none may overlap or cut a line end or a character."""
    lines = io.StringIO(text, newline="").readlines()
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    lines.append("")
    out, at = [], 0
    for edit in edits:
        ends = []
        for line, column in ((edit.start_line, edit.start_column), (edit.end_line, edit.end_column)):
            signs = 0
            while column > 0:
                column -= WIDTHS[encoding](lines[line][signs])
                signs += 1
            assert column == 0, "a column inside a character"
            offset = offsets[line] + signs
            assert text[offset - 1 : offset + 1] != "\r\n" or offset == 0, "a position inside a line end"
            ends.append(offset)
        assert at <= ends[0] <= ends[1], "edits overlap or go back"
        out += [text[at : ends[0]], edit.text]
        at = ends[1]
    return "".join(out) + text[at:]


@given(versions(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
@example(("a\r", "a\r\n"), "utf-16")
@example(("a\r\n", "a\r"), "utf-16")
@example(("𝄞x", "𝄞"), "utf-8")
@example(("x\ny", "x"), "utf-16")
def test_edits_replayed_give_the_other_text(texts: tuple[str, str], encoding: Encoding) -> None:
    before, after = texts
    assert replay(before, text_edits(before, after, encoding), encoding) == after


@pytest.mark.parametrize(
    ("before", "after", "edits"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", [TextEdit(1, 0, 2, 0, "B\n")]),
        ("a\nb\n", "a\nb\nc\n", [TextEdit(2, 0, 2, 0, "c\n")]),
        ("a\nb", "a\nb\nc", [TextEdit(1, 1, 1, 1, "\nc")]),
        ("a\nb", "a", [TextEdit(0, 1, 1, 1, "")]),
        ("a\r\nb\r\n", "a\r\n", [TextEdit(1, 0, 2, 0, "")]),
        ("a\n\x0cb\u2028c\nd\n", "a\n\x0cb\u2028c\nD\n", [TextEdit(2, 0, 3, 0, "D\n")]),
        ("same\n", "same\n", []),
        ("", "a\n", [TextEdit(0, 0, 0, 0, "a\n")]),
    ],
)
def test_edits_are_whole_lines_and_few(before: str, after: str, edits: list[TextEdit]) -> None:
    assert text_edits(before, after) == edits


def test_equal_texts_have_no_diff() -> None:
    assert unified("a\n", "a\n", "x") == ""


def test_a_diff_is_gits() -> None:
    before = "".join(f"line {i}\n" for i in range(20))
    after = before.replace("line 4\n", "line four\n").replace("line 18\n", "")
    assert unified(before, after, "my file.txt") == (
        "diff --git a/my file.txt b/my file.txt\n--- a/my file.txt\n+++ b/my file.txt\n"
        "@@ -2,7 +2,7 @@\n line 1\n line 2\n line 3\n-line 4\n+line four\n line 5\n line 6\n line 7\n"
        "@@ -16,5 +16,4 @@\n line 15\n line 16\n line 17\n-line 18\n line 19\n"
    )


@pytest.mark.parametrize(
    ("patch", "before", "after"),
    [
        (diff(None, "a\nb", "café.txt"), {}, {"café.txt": "a\nb"}),
        (diff(None, "", "empty"), {}, {"empty": ""}),
        (diff("a\n", None, "x"), {"x": "a\n"}, {"x": None}),
        (diff("a\n", "b\n", "new", old_path="old"), {"old": "a\n"}, {"old": None, "new": "b\n"}),
        (FilePatch("new", Kind.ADD, old_path="old"), {"old": "a\n"}, {"new": "a\n"}),
    ],
)
def test_added_deleted_moved_and_copied_files_come_back(
    patch: FilePatch, before: dict[str, str], after: dict[str, str | None]
) -> None:
    assert apply_text(render(Patch((patch,))), before) == after


def test_a_mode_is_rendered() -> None:
    patch = Patch((FilePatch("run.sh", Kind.MODIFY, mode=0o100755),))
    assert render(patch) == "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
    (change,) = apply(parse(render(patch)), {"run.sh": "x\n"}).changes
    assert (change.mode, change.before, change.after) == (0o100755, "x\n", "x\n")


def test_a_patch_without_new_numbers_gets_them() -> None:
    text = "--- a/x\n+++ b/x\n@@ -2,1 +2,1 @@\n-b\n+B\n"
    (file,) = parse(text.replace("@@ -2,1 +2,1 @@", "@@ @@")).files
    assert "@@ -0,1 +0,1 @@" in render(Patch((file,)))
