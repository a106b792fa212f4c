"""Effort: what is left, and the refusal when nothing is."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text
from patchwire.patch.effort import Effort


def test_more_than_is_left_is_refused() -> None:
    effort = Effort(10)
    effort.spend(10)
    with pytest.raises(PatchRefused, match="fewer hunks"):
        effort.spend(1)


def test_a_patch_that_fits_everywhere_comes_to_an_end() -> None:
    text = "\n" * 50_000
    patch = "--- a/x\n+++ b/x\n" + "@@ @@\n \n \n+x\n \n" * 2_000
    with pytest.raises(PatchRefused, match="reasonable time"):
        apply_text(patch, {"x": text})


def test_indentations_that_nearly_fit_everywhere_come_to_an_end() -> None:
    text = "".join(" " * (n % 1000) + "a\n" for n in range(3000))
    patch = "--- a/x\n+++ b/x\n@@ @@\n" + "".join(" " * (n + 2) + "a\n" for n in range(1000)) + "+b\n"
    with pytest.raises(PatchRefused, match="reasonable time"):
        apply_text(patch, {"x": text})
