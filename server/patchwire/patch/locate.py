"""Where the hunks of one file go, in rising tolerance and jointly over all of them.

Knows no format and writes nothing: a `Document` and hunks come in, a `Place` for each hunk goes out, or PatchRefused
with a reason for each hunk that has none or more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from patchwire.errors import PatchRefused
from patchwire.patch.document import Document, loose
from patchwire.patch.model import Hunk, Sign
from patchwire.patch.refusal import ambiguous, missing, without_context

_MANY = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hunk goes. `rows` holds, for each line the hunk expects, the file's line (from 0), -1 if it is not there.

    `start` is where a hunk that expects no line goes. `already` is True where the file has the hunk's change already.
    """

    start: int
    rows: Sequence[int]
    already: bool = False

    @property
    def end(self) -> int:
        """Behind the last of the file's lines that the hunk speaks of."""
        return self.rows[-1] + 1 if self.rows else self.start


@dataclass(slots=True)
class _Search:
    """A hunk on its way to its place."""

    number: int
    hunk: Hunk
    before: list[str]
    after: list[str]
    found: list[Place]


def locate(document: Document, hunks: Sequence[Hunk], path: str) -> list[Place]:
    """A place for every hunk, in the hunks' order. Raises PatchRefused with a reason for each that has none."""
    claimed = [_as_claimed(document, hunk) for hunk in hunks]
    sure = [place for place in claimed if place is not None]
    if len(sure) == len(hunks) and all(a.end <= b.start for a, b in zip(sure, sure[1:])):
        return sure
    searches = [
        _Search(number, hunk, [loose(x) for x in hunk.before], [loose(x) for x in hunk.after], [])
        for number, hunk in enumerate(hunks, 1)
    ]
    document.index(line for search in searches for line in (*search.before, *search.after))
    reasons = []
    for search in searches:
        _find(document, search)
        if not search.found:
            if search.before:
                reasons.append(missing(document, search.hunk, search.number, len(hunks), path))
            else:
                reasons.append(without_context(search.number, len(hunks), path))
    if reasons:
        raise PatchRefused(*reasons)
    _narrow_by_order(searches)
    for search in searches:
        if len(search.found) > 1:
            search.found = _nearest(search)
        if len(search.found) > 1:
            starts = [place.start for place in search.found]
            reasons.append(ambiguous(starts, search.number, len(hunks), path))
    if reasons:
        raise PatchRefused(*reasons)
    return [search.found[0] for search in searches]


def _as_claimed(document: Document, hunk: Hunk) -> Place | None:
    """The place that the hunk's own line number names, if the file has there to the letter what the hunk expects."""
    if hunk.old_start is None:
        return None
    before, after = hunk.before, hunk.after
    if not before:
        if not hunk.counted or hunk.old_start > len(document.lines):
            return None
        start = hunk.old_start
    else:
        start = hunk.old_start - 1
    lines = document.lines
    if tuple(lines[start : start + len(before)]) != before or start < 0:
        return None
    if len(after) > len(before) and tuple(lines[start : start + len(after)]) == after:
        return Place(start, range(start, start + len(after)), already=True)
    return Place(start, range(start, start + len(before)))


def _find(document: Document, search: _Search) -> None:
    """Every place where the file has, but for white space at line ends and typography, what the hunk expects."""
    there = [Place(at, range(at, at + len(search.after)), already=True) for at in _matches(document, search.after)]
    if search.before:
        starts = _matches(document, search.before)
        size = len(search.before)
        for at in starts:
            over = [place for place in there if place.start <= at and at + size <= place.end]
            if over and len(search.after) > size:
                search.found.append(over[0])
            else:
                search.found.append(Place(at, range(at, at + size)))
    elif not document.lines:
        search.found.append(Place(0, ()))
    if not search.found and any(line.sign is Sign.ADDED and line.text.strip() for line in search.hunk.lines):
        search.found = there
    if search.hunk.at_end and len(search.found) > 1:
        search.found = [p for p in search.found if p.end == len(document.lines)] or search.found


def _matches(document: Document, wanted: list[str]) -> list[int]:
    """Where these loose lines stand, one behind the other."""
    if not wanted:
        return []
    size = len(wanted)
    rarest = min(range(size), key=lambda i: len(document.where(wanted[i])))
    keys = document.loose
    starts = (at - rarest for at in document.where(wanted[rarest]))
    return [start for start in starts if start >= 0 and keys[start : start + size] == wanted][:_MANY]


def _narrow_by_order(searches: list[_Search]) -> None:
    """Keep only the places that leave room for the hunks before and behind, if the hunks can stand in their order."""
    narrowed = [search.found for search in searches]
    floor = 0
    for i, found in enumerate(narrowed):
        narrowed[i] = [place for place in found if place.start >= floor]
        if not narrowed[i]:
            return
        floor = min(place.end for place in narrowed[i])
    ceiling = None
    for i in reversed(range(len(narrowed))):
        narrowed[i] = [place for place in narrowed[i] if ceiling is None or place.end <= ceiling]
        if not narrowed[i]:
            return
        ceiling = max(place.start for place in narrowed[i])
    for search, found in zip(searches, narrowed, strict=True):
        search.found = found


def _nearest(search: _Search) -> list[Place]:
    """The one place that is clearly nearest to the claimed line, if a line is claimed."""
    claimed = search.hunk.old_start
    if claimed is None:
        return search.found
    ranked = sorted(search.found, key=lambda place: abs(place.start + 1 - claimed))
    first, second = (abs(place.start + 1 - claimed) for place in ranked[:2])
    return ranked[:1] if 3 * first < second else search.found
