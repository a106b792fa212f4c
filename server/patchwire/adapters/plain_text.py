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
    "\U000e0000-\U000e007f]"  # tags: text that nobody sees
)


def plain_text(data: bytes | str) -> str:
    """Text fit for a screen and for a model: no escapes, no control characters, `\\n` alone as line end."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return _HIDDEN.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))
