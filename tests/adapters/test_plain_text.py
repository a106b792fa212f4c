"""What a test prints cannot move the cursor, hide or turn around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.plain_text import plain_text


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
