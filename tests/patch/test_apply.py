"""Applying: all formats to one text, all files or none."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

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


def test_a_refusal_shows_what_stands_there() -> None:
    with pytest.raises(PatchRefused, match=r"expects `q` .*line 2 of the file is `b`"):
        apply_text("--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-q\n+B\n c\n", FILES)
