"""Makes bytes from strangers harmless: what a test prints becomes text without terminal escapes or hidden characters.

Knows nothing of where the bytes came from. It does not judge the words: text stays data.
"""

import re

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links, the clipboard
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]*[0-~]?"  # the short ones
)
_LINE_ENDS = re.compile(r"\r+\n?")
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 (but tab and line feed), DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u200b\u2060-\u2064\ufeff"  # of no width; joiners stay, for scripts and emoji are made with them
    "\U000e0000-\U000e007f]"  # tags: text that nobody sees
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


def plain_text(data: bytes | str) -> str:
    """Text fit for a screen and for a model: no escapes, no control characters, `\\n` alone as line end."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return _HIDDEN.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))


def plain_line(text: str) -> str:
    """The same on one line, so that nothing can pass for a line of somebody else's."""
    return " ".join(plain_text(text).split("\n"))


def visible(data: bytes) -> bytes:
    """Bytes for a terminal: control characters but tab and line feed are shown (`^[`) instead of obeyed."""
    return _CONTROL.sub(lambda found: b"^" + bytes([found[0][0] ^ 0x40]), data)
