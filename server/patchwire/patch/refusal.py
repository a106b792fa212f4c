"""What a refusal says, so that the model's next patch fits: which hunk, what it expects, what stands there.

Decides nothing; every text is short.
"""

from collections.abc import Sequence

from patchwire.patch.document import MANY, Document, loose
from patchwire.patch.model import Hunk

_AROUND = 2
_MOST_LINES = 12
_MOST_COMPARED = 400


def _which(number: int, count: int, path: str) -> str:
    return f"{path}: hunk {number} of {count}" if count > 1 else f"{path}: the hunk"


def _clip(text: str) -> str:
    return text if len(text) <= 160 else text[:157] + "..."


def missing(document: Document, hunk: Hunk, number: int, count: int, path: str) -> str:
    """The file has nowhere what the hunk expects: shows the nearest place and the first line that differs there."""
    which = _which(number, count, path)
    if not document.lines:
        return f"{which} does not fit: the file is empty."
    wanted = [loose(line).strip() for line in hunk.before[:_MOST_COMPARED]]
    start, rows = _nearest(document, wanted, hunk)
    if start is None:
        return (
            f"{which} does not fit: none of the lines it expects is in the file, which has {len(document.lines)} lines."
        )
    off = next((i for i in range(len(wanted)) if i not in rows), 0)
    at = start + off
    found = (
        f"line {at + 1} of the file is `{_clip(document.lines[at].rstrip())}`"
        if 0 <= at < len(document.lines)
        else (f"the file ends at line {len(document.lines)}")
    )
    low, high = max(0, start - 1), min(len(document.lines), start + min(len(wanted), _MOST_LINES) + 1)
    shown = "\n".join(f"{i + 1}\t{_clip(document.lines[i].rstrip())}" for i in range(low, high))
    return (
        f"{which} does not fit: it expects `{_clip(hunk.before[off])}` (line {off + 1} of its old side), but {found}. "
        f"The nearest place, lines {low + 1}-{high}:\n{shown}"
    )


def _nearest(document: Document, wanted: list[str], hunk: Hunk) -> tuple[int | None, set[int]]:
    """The start of the place where most of the wanted lines stand, and which of them do to the letter."""
    votes: dict[int, int] = {}
    document.stripped.index(wanted)
    for i, line in enumerate(wanted):
        for at in document.stripped.where(line)[:MANY] if line else ():
            votes[at - i] = votes.get(at - i, 0) + 1
    if not votes:
        return None, set()
    claimed = (hunk.old_start or 1) - 1
    start = max(votes, key=lambda s: (votes[s], -abs(s - claimed)))
    keys = document.loose.keys
    expected = [loose(line) for line in hunk.before[: len(wanted)]]
    rows = {i for i in range(len(wanted)) if 0 <= start + i < len(keys) and keys[start + i] == expected[i]}
    return start, rows


def ambiguous(starts: Sequence[int], number: int, count: int, path: str) -> str:
    """The hunk fits more than one place: names their lines."""
    lines = ", ".join(str(start + 1) for start in starts[:8]) + (", …" if len(starts) > 8 else "")
    return (
        f"{_which(number, count, path)} fits {len(starts)} places, at lines {lines}: "
        "add lines of context, or an `@@` heading, that only one of them has."
    )


def without_context(number: int, count: int, path: str) -> str:
    """The hunk only adds lines and does not say where."""
    return (
        f"{_which(number, count, path)} only adds lines and does not say where: put the lines around them in as well."
    )


def unclear_indent(number: int, count: int, path: str) -> str:
    """The hunk's indentation is not the file's, and it can not be told how the added lines are meant."""
    return (
        f"{_which(number, count, path)} is indented otherwise than the file, and it can not be told how the lines it "
        "adds are meant: copy the lines of the file with their indentation."
    )


def one_sided(end: int, number: int, count: int, path: str) -> str:
    """The hunk adds lines at its edge as if the file ended there, but the file goes on."""
    return (
        f"{_which(number, count, path)} has context on one side of the lines it adds only, near line {end}, where the "
        "file goes on: put the lines on the other side in as well, unchanged."
    )
