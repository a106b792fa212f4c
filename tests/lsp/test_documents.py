"""Open documents: every edit lands where the protocol says, whatever the line ends and the units."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from tests.fakes.editor import edited

from patchwire.lsp.documents import Document, Documents, split, units

TEXTS = st.text(st.sampled_from("ab \n\r\fé😀\u2028"), max_size=30)
POSITIONS = st.tuples(st.integers(0, 8), st.integers(0, 8))
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def text_edit(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextEdit:
    return types.TextEdit(types.Range(types.Position(*start), types.Position(*end)), text)


@given(TEXTS, st.lists(st.tuples(POSITIONS, POSITIONS, TEXTS), max_size=4), ENCODINGS)
def test_edits_land_where_the_protocol_says(before: str, changes: list, encoding: str) -> None:
    document, text = Document("file:///a", before, 1), before
    for one, other, new in changes:
        start, end = sorted((one, other))
        document.change(start, end, new, encoding)
        text = edited(text, [text_edit(start, end, new)], encoding)
        assert document.text == text
        assert document.lines == split(text)


@given(TEXTS, ENCODINGS)
def test_units_count_what_the_encoding_counts(text: str, encoding: str) -> None:
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = encoding if encoding == "utf-8" else f"{encoding}-le"
    assert units(text, encoding) == len(text.encode(codec)) // width


def test_a_form_feed_ends_no_line() -> None:
    assert split("a\fb\u2028c\x85d\r\ne\rf\n") == ["a\fb\u2028c\x85d\r\n", "e\r", "f\n"]


def test_documents_are_known_by_their_key_and_keep_the_client_s_uri() -> None:
    documents = Documents(str.lower)
    documents.opened("FILE:///A", "text", 3, "python")
    document = documents.get("file:///a")
    assert document is not None
    assert (document.uri, document.version, document.language) == ("FILE:///A", 3, "python")
    documents.edited("file:///A", 4, [types.TextDocumentContentChangeWholeDocument("new")])
    assert (document.text, document.version) == ("new", 4)
    documents.edited("file:///never-opened", 1, [])
    documents.closed("file:///a")
    assert list(documents) == []
    documents.closed("file:///a")


async def test_whoever_waits_is_told_and_does_not_wait_for_ever() -> None:
    documents = Documents(str)
    assert not await documents.wait(0.01)
    waiting = asyncio.ensure_future(documents.wait(10))
    await asyncio.sleep(0)
    documents.opened("a", "", 1, "")
    assert await waiting
    waiting = asyncio.ensure_future(documents.wait(10))
    await asyncio.sleep(0)
    documents.touched("a")
    assert await waiting


def test_a_long_document_is_edited_in_place() -> None:
    document = Document("a", "x = 1\n" * 100_000, 1)
    for line in range(0, 100_000, 1000):
        document.change((line, 0), (line, 1), "yy", "utf-16")
    assert document.text.count("yy = 1\n") == 100


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_column_behind_the_end_is_the_end(encoding: str) -> None:
    document = Document("a", "é\r\nb", 1)
    document.change((0, 99), (0, 99), "!", encoding)
    document.change((9, 0), (9, 0), "?", encoding)
    assert document.text == "é!\r\nb?"
