"""Search/replace blocks."""

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.formats import blocks
from patchwire.patch.formats.cursor import Cursor
from patchwire.patch.model import Kind, Sign


def test_what_both_sides_share_is_context() -> None:
    text = "<<<<<<< SEARCH\na\nb\nc\n=======\na\nB\nc\n>>>>>>> REPLACE\n"
    (hunk,) = blocks.read(Cursor(text), "x.py").hunks
    assert [line.sign for line in hunk.lines] == [Sign.CONTEXT, Sign.REMOVED, Sign.ADDED, Sign.CONTEXT]


@pytest.mark.parametrize(("replace", "content"), [("new\n", "new\n"), ("", "")])
def test_an_empty_search_is_a_new_file(replace: str, content: str) -> None:
    file = blocks.read(Cursor(f"<<<<<<< SEARCH\n\n=======\n{replace}>>>>>>> REPLACE\n"), "x.py")
    assert (file.kind, file.content) == (Kind.ADD, content)


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n", None, "names no file"),
        ("<<<<<<< SEARCH\na\n", "x", "no `=======`"),
        ("<<<<<<< SEARCH\na\n=======\nb\n", "x", "no `>>>>>>> REPLACE`"),
        ("<<<<<<< SEARCH\na\n=======\na\n>>>>>>> REPLACE\n", "x", "same text"),
    ],
)
def test_refusals(text: str, path: str | None, reason: str) -> None:
    with pytest.raises(PatchRefused, match=reason):
        blocks.read(Cursor(text), path)


def test_starts() -> None:
    assert blocks.starts(Cursor("<<<<<<< SEARCH\n"))
    assert not blocks.starts(Cursor("<<<<<<< HEAD\n"))
