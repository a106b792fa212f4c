"""The cursor: lines, fences and heredocs."""

from patchwire.patch.formats.cursor import Cursor


def test_a_text_that_is_all_crlf_is_read_without() -> None:
    assert Cursor("a\r\nb\r\n").lines == ["a", "b"]
    assert Cursor("a\r\nb\n").lines == ["a\r", "b"]
    assert Cursor("a\r\nb\rc").lines == ["a", "b\rc"]


def test_an_empty_text_is_done() -> None:
    cursor = Cursor("")
    assert cursor.done
    assert cursor.line == cursor.peek() == ""


def test_fences_and_heredocs_are_remembered_until_they_close() -> None:
    cursor = Cursor("talk\n```diff\nx\n```\napply <<'EOF'\nx\nEOF\n")
    closing = []
    while not cursor.done:
        cursor.step_over()
        closing.append(cursor.closing)
    assert closing == [None, "```", "```", None, "EOF", "EOF", None]
