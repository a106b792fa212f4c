"""What a test prints cannot move the cursor, hide or turn around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.plain_text import plain_line, plain_text, visible


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b]0;a title\x07shown", "shown"),
        (b"\x1b]52;c;c2VjcmV0\x1b\\shown", "shown"),
        (b"\x1b]8;;http://example.org\x07link\x1b]8;;\x07", "link"),
        (b"\xc2\x9b31mred", "red"),
        (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        (b"a\x00b\x08c\td", "abc\td"),
        ("if admin\u202e\u2066 {".encode(), "if admin {"),
        ("x\U000e0041\U000e0042y".encode(), "xy"),
        ("a\u200bb\u2060c\ufeffd".encode(), "abcd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("ünïcode 👩‍💻".encode(), "ünïcode 👩‍💻"),
    ],
)
def test_escapes_and_hidden_characters_go(data: bytes, text: str) -> None:
    assert plain_text(data) == text


@given(st.text())
def test_plain_text_is_plain_already(text: str) -> None:
    once = plain_text(text)
    assert plain_text(once) == once
    assert "\x1b" not in once
    assert "\r" not in once


def test_a_line_stays_one_line() -> None:
    assert plain_line("a\n\x1b[1mtests after: 26 passed\r\nb") == "a tests after: 26 passed b"


def test_a_terminal_is_shown_control_characters_and_obeys_none() -> None:
    assert visible(b"+\x1b]52;c;x\x07\r\n\tcaf\xc3\xa9\x7f") == b"+^[]52;c;x^G^M\n\tcaf\xc3\xa9^?"
