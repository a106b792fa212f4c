"""Candidates: the claimed place, the change that is there already, and what a hunk can not mean."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply, apply_text
from patchwire.patch.parse import parse

CODE = "def f():\n    a = 1\n    return a\n\n\ndef g():\n    b = 2\n    c = 3\n    d = 4\n    return b\n\n\nend = 1\n"


def diff(body: str, header: str = "@@ @@") -> str:
    return f"--- a/x\n+++ b/x\n{header}\n{body}"


def already(body: str, text: str, header: str = "@@ @@") -> bool:
    result = apply(parse(diff(body, header)), {"x": text})
    return not result.files and result.already == ("x",)


def test_a_claimed_insertion_without_context_is_believed_if_its_counts_are_true() -> None:
    assert apply_text(diff("+new\n", "@@ -2,0 +3,1 @@"), {"x": "a\nb\nc\n"}) == {"x": "a\nb\nnew\nc\n"}
    for header in ("@@ -2,3 +3,1 @@", "@@ -9,0 +10,1 @@"):
        with pytest.raises(PatchRefused, match="does not say where"):
            apply_text(diff("+new\n", header), {"x": "a\nb\nc\n"})


def test_an_insertion_that_is_there_already_is_not_made_twice() -> None:
    assert already("+new\n", "a\nb\nnew\nc\n", "@@ -2,0 +3,1 @@")
    assert already(" a\n b\n+new\n", "a\nb\nnew\nc\n", "@@ -1,2 +1,3 @@")
    assert already(" a\n b\n+new\n", "a\nb\nnew\nc\n")


def test_lines_without_context_or_number_that_stand_somewhere_may_be_about_to_be_moved() -> None:
    with pytest.raises(PatchRefused, match="does not say where"):
        apply_text(diff("-new\n", "@@ @@") + "@@ @@\n+new\n", {"x": "a\nnew\nc\n"})


def test_a_replacement_that_is_there_already() -> None:
    assert already(" a\n-b\n+B\n c\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@")


def test_a_deletion_that_is_there_already() -> None:
    assert already(" one\n-b\n two\n", "one\ntwo\nthree\n")
    assert already("-b\n one\n two\n", "one\ntwo\nthree\n")
    assert already(" one\n two\n-b\n", "zero\none\ntwo\n")
    assert already(" one\n two\n+\n three\n", "one\ntwo\n\nthree\n")


@pytest.mark.parametrize(
    ("body", "text"),
    [(" one\n-b\n", "one\nc\n"), ("-b\n one\n two\n", "zero\none\ntwo\n"), (" one\n two\n-b\n", "one\ntwo\nthree\n")],
)
def test_context_alone_does_not_prove_a_deletion(body: str, text: str) -> None:
    with pytest.raises(PatchRefused):
        apply_text(diff(body), {"x": text})


def test_an_empty_file_takes_an_insertion() -> None:
    assert apply_text(diff("+new\n"), {"x": ""}) == {"x": "new\n"}


def test_the_change_at_the_claimed_line_beats_the_old_text_elsewhere() -> None:
    text = "a\nB new\nc\n\n\n\na\nb\nc\n"
    assert already(" a\n-b\n+B new\n c\n", text, "@@ -1,3 +1,3 @@")
    with pytest.raises(PatchRefused, match="fits 2 places"):
        apply_text(diff(" a\n-b\n+B new\n c\n"), {"x": text})


def test_a_near_fit_at_the_claimed_line_makes_a_true_one_elsewhere_unsure() -> None:
    block = "one\ntwo\nthree\nold\nfive\nsix\nseven\n"
    text = block.replace("seven", "SEVEN") + "\n" * 50 + block
    body = " one\n two\n three\n-old\n+new\n five\n six\n seven\n"
    with pytest.raises(PatchRefused, match="fits 2 places"):
        apply_text(diff(body, "@@ -1,7 +1,7 @@"), {"x": text})
    changed = apply_text(diff(body, "@@ -30,7 +30,7 @@"), {"x": text})["x"]
    assert changed == text[: len(text) - len(block)] + block.replace("old", "new")


def test_two_lines_of_three_at_the_claimed_line_are_a_near_fit() -> None:
    text = "changed\nold\nthree\n" + "\n" * 50 + "one\nold\nthree\n"
    body = " one\n-old\n+new\n three\n"
    with pytest.raises(PatchRefused, match="fits 2 places"):
        apply_text(diff(body, "@@ -1,3 +1,3 @@"), {"x": text})
    one_of_three = text.replace("three", "other", 1)
    assert (
        apply_text(diff(body, "@@ -1,3 +1,3 @@"), {"x": one_of_three})["x"] == one_of_three[:-14] + "one\nnew\nthree\n"
    )


def test_context_on_one_side_only_has_to_look_right() -> None:
    body = " def g():\n     b = 2\n+    x = 0\n"
    assert apply_text(diff(body, "@@ -6,2 +6,3 @@"), {"x": CODE}) == {
        "x": CODE.replace("b = 2\n", "b = 2\n    x = 0\n")
    }
    with pytest.raises(PatchRefused, match="one side"):
        apply_text(diff(" def g():\n     b = 2\n+x = 0\n", "@@ -6,2 +6,3 @@"), {"x": CODE})
    body = "+    x = 0\n     c = 3\n     d = 4\n"
    assert "    x = 0\n    c = 3\n" in str(apply_text(diff(body, "@@ -8,2 +8,3 @@"), {"x": CODE})["x"])


def test_context_on_one_side_only_near_the_end_is_refused() -> None:
    with pytest.raises(PatchRefused, match="one side"):
        apply_text(diff("     return b\n \n+x = 0\n", "@@ -10,2 +10,3 @@"), {"x": CODE})


def test_a_replacement_needs_no_context_behind_it() -> None:
    body = " def g():\n-    b = 2\n+    b = 3\n"
    assert apply_text(diff(body, "@@ -6,2 +6,2 @@"), {"x": CODE}) == {"x": CODE.replace("b = 2", "b = 3")}


def test_half_a_hunk_may_be_done() -> None:
    body = " one\n-two\n+TWO\n three\n-four\n+FOUR\n five\n"
    assert apply_text(diff(body), {"x": "one\nTWO\nthree\nfour\nfive\n"}) == {"x": "one\nTWO\nthree\nFOUR\nfive\n"}
