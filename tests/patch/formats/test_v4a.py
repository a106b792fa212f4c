"""V4A: every verb, and the sloppiness that models have with it."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.formats import v4a
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.model import FilePatch, Kind


def read(text: str) -> FilePatch:
    file = v4a.read(Cursor(text))
    assert file
    return file


def test_nothing_begins_elsewhere() -> None:
    assert v4a.read(Cursor("*** Begin Patch\n")) is None


def test_verbs() -> None:
    assert read("*** Delete File: a.py\n").kind is Kind.DELETE
    assert read("*** Add File: a.py\n+x\n+\n+y\n*** End Patch\n").content == "x\n\ny\n"
    moved = read("  *** Update File: a.py  \n*** Move to: b.py\n@@\n-x\n+y\n")
    assert (moved.kind, moved.old_path, moved.path, len(moved.hunks)) == (Kind.RENAME, "a.py", "b.py", 1)
    assert len(read("*** Update File: a.py\n@@\n-x\n+y\n\n@@ f\n a\n-b\n*** End Patch\n").hunks) == 2


def test_a_unified_header_inside_is_stepped_over() -> None:
    (hunk,) = read("*** Update File: a.py\n--- a/a.py\n+++ b/a.py\n@@ -3,1 +3,1 @@\n-x\n+y\n").hunks
    assert hunk.old_start == 3


def test_end_of_file() -> None:
    (hunk,) = read("*** Update File: a.py\n@@\n x\n+y\n*** End of File\n*** End Patch\n").hunks
    assert hunk.at_end


def test_talk_ends_the_hunks() -> None:
    assert len(read("*** Update File: a.py\n@@\n-x\n\nThat is all.\n").hunks) == 1


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("x = 1\ny = 2\n", "x = 1\ny = 2\n"),
        ("@@\n+x\n+y\n", "x\ny\n"),
        ("+x\n\n+y\n\n", "x\n\ny\n"),
        ("+x\n*** End of File\n", "x\n"),
        ("", ""),
    ],
)
def test_an_added_file_in_all_its_forms(text: str, content: str) -> None:
    assert read("*** Add File: a\n" + text).content == content


def test_an_update_has_to_say_something() -> None:
    with pytest.raises(PatchRefused, match="no hunk"):
        read("*** Update File: a.py\n*** End Patch\n")
