"""Locating: what all hunks, numbers, order and headings say together."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

BLOCK = "start\nsame\nstop\n"


def applied(patch: str, text: str) -> str | None:
    return apply_text("--- a/x\n+++ b/x\n" + patch, {"x": text}).get("x")


def test_order_tells_hunks_apart_that_are_alike() -> None:
    text = "head\n" + BLOCK + "middle\n" + BLOCK
    assert applied("@@ @@\n-same\n+1\n@@ @@\n-same\n+2\n", text) == "head\nstart\n1\nstop\nmiddle\nstart\n2\nstop\n"
    patch = "@@ @@\n-middle\n+MIDDLE\n@@ @@\n-same\n+2\n"
    assert applied(patch, text) == text.replace("middle\nstart\nsame", "MIDDLE\nstart\n2")
    patch = "@@ @@\n-same\n+1\n@@ @@\n-middle\n+MIDDLE\n"
    assert applied(patch, text) == text.replace("same", "1", 1).replace("middle", "MIDDLE")


def test_hunks_that_can_not_stand_in_their_order_stand_in_another() -> None:
    assert applied("@@ @@\n-c\n+C\n@@ @@\n-a\n+A\n", "a\nb\nc\n") == "A\nb\nC\n"


def test_numbers_choose_the_nearest_place() -> None:
    text = BLOCK + "\n" * 60 + BLOCK
    assert applied("@@ -5,1 +5,1 @@\n-same\n+1\n", text) == text.replace("same", "1", 1)
    with pytest.raises(PatchRefused, match="fits 2 places"):
        applied("@@ -33,1 +33,1 @@\n-same\n+1\n", text)


def test_a_heading_names_the_block() -> None:
    text = "def one():\n    same\n}\ndef two():\n    same\n    if x:\n        deep\n\ndef three():\n    same\n"
    assert applied("@@ def two():\n-    same\n+    2\n", text) == text.replace("two():\n    same", "two():\n    2")
    for heading in ("def four():", "same"):
        with pytest.raises(PatchRefused, match="fits 3 places"):
            applied(f"@@ {heading}\n-    same\n+    2\n", text)


def test_the_end_of_the_file_is_a_place() -> None:
    patch = "*** Begin Patch\n*** Update File: x\n@@\n-same\n+1\n*** End of File\n*** End Patch\n"
    assert apply_text(patch, {"x": "same\nother\nsame\n"}) == {"x": "same\nother\n1\n"}
    with pytest.raises(PatchRefused, match="fits 2"):
        apply_text(patch, {"x": "same\nother\nsame\nmore\n"})


def test_a_nearer_place_that_fits_worse_is_not_chosen() -> None:
    worse, better = "alpha\nBETA\nGAMMA\nkappa\ndelta\n", "alpha\nbeta\nGAMMA\nkappa\ndelta\n"
    patch = "@@ -1,5 +1,5 @@\n alpha\n beta\n gamma\n kappa\n-delta\n+D\n"
    for text in (worse + "\n" * 40 + better + "end\n", better + "\n" * 40 + worse):
        with pytest.raises(PatchRefused, match="fits 2 places"):
            applied(patch.replace("-1,5 +1,5", "-46,5 +46,5") if text.startswith(better) else patch, text)


def test_not_every_hunk_is_explained() -> None:
    with pytest.raises(PatchRefused) as refused:
        applied("".join(f"@@ @@\n-no {i}\n+x\n" for i in range(9)), "a\nb\n")
    assert len(refused.value.reasons) == 6
    assert refused.value.reasons[-1] == "x: 4 more hunks do not fit."


def test_hunks_that_can_not_both_stand_are_refused() -> None:
    with pytest.raises(PatchRefused, match="same lines"):
        applied("@@ @@\n a\n-b\n+1\n@@ @@\n-b\n+2\n c\n", "a\nb\nc\n")


def test_full_context_on_one_side_and_none_on_the_other_is_an_edge_of_the_file() -> None:
    three = "one\ntwo\nthree\n"
    text = three + "middle\n" * 3 + three
    above = " one\n two\n three\n"
    assert applied(f"@@ @@\n{above}+new\n", text) == text + "new\n"
    assert applied(f"@@ @@\n+new\n{above}", text) == "new\n" + text
    with pytest.raises(PatchRefused, match="fits 2 places"):
        applied("@@ @@\n two\n three\n+new\n", text)
    with pytest.raises(PatchRefused, match="fits 2 places"):
        applied(f"@@ @@\n{above}+new\n", text + "end\n" * 3)
