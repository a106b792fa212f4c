"""Where the hunks of one file go, jointly: each hunk's candidates, narrowed by what all hunks say together.

Knows no format and writes nothing: a `Document` and hunks come in, a `Place` for each hunk goes out, or PatchRefused
with a reason for each hunk that has none or more than one.
"""

from collections.abc import Sequence
from itertools import pairwise, takewhile

from patchwire.errors import PatchRefused
from patchwire.patch.candidates import FULL_CONTEXT, alike, as_claimed, differing, may_be, partly_done
from patchwire.patch.document import Document, stripped
from patchwire.patch.frame import settled
from patchwire.patch.model import Hunk, Sign
from patchwire.patch.place import Place, Search
from patchwire.patch.refusal import ambiguous, missing, one_sided, without_context

_SELDOM_OFF = 30
"""A model's line numbers are seldom off by more lines than this."""
_CLEAR_COST = 2.0
"""A place that costs this much less than another is the better one."""
_MOST_REASONS = 5


def locate(document: Document, hunks: Sequence[Hunk], path: str) -> list[Place]:
    """A place for every hunk, in the hunks' order. Raises PatchRefused with a reason for each that has none."""
    claimed = [as_claimed(document, hunk) for hunk in hunks]
    sure = [place for place in claimed if place is not None]
    if len(sure) == len(hunks) and all(a.end <= b.start for a, b in pairwise(sure)):
        return sure
    searches = [Search.of(number, hunk) for number, hunk in enumerate(hunks, 1)]
    document.loose.index(line for search in searches for line in (*search.before, *search.after))
    for search in searches:
        search.found = alike(document, search)
    lost = [search for search in searches if not search.found and search.before]
    for search in lost:
        search.found = partly_done(document, search)
    lost = [search for search in lost if not search.found]
    document.stripped.index(line for search in lost for line in search.bare)
    for search in lost:
        search.found = differing(document, search)
    _narrow_by_order(searches)
    reasons: list[str] = []
    for search in searches:
        fitting = search.found
        search.found = _choose(document, search)
        if len(search.found) == 1 or len(reasons) == _MOST_REASONS:
            continue
        if fitting and not search.found:
            reasons.append(one_sided(fitting[0].end, search.number, len(hunks), path))
        else:
            reasons.append(_reason(document, search, len(hunks), path))
    unplaced = sum(len(search.found) != 1 for search in searches)
    if unplaced > len(reasons):
        reasons.append(f"{path}: {unplaced - len(reasons)} more hunks do not fit.")
    if reasons:
        raise PatchRefused(*reasons)
    return settled(document, searches, path)


def _reason(document: Document, search: Search, count: int, path: str) -> str:
    if search.found:
        return ambiguous([place.start for place in search.found], search.number, count, path)
    if search.before:
        return missing(document, search.hunk, search.number, count, path)
    return without_context(search.number, count, path)


def _narrow_by_order(searches: list[Search]) -> None:
    """Keep only the places that leave room for the hunks before and behind, if the hunks can stand in their order."""
    placed = [search for search in searches if search.found]
    narrowed = [search.found for search in placed]
    floor = 0
    for i, found in enumerate(narrowed):
        narrowed[i] = [place for place in found if place.start >= floor]
        if not narrowed[i]:
            return
        floor = min(place.end for place in narrowed[i])
    ceiling = len(narrowed) and max(place.end for place in narrowed[-1])
    for i in reversed(range(len(narrowed))):
        narrowed[i] = [place for place in narrowed[i] if place.end <= ceiling]
        ceiling = max(place.start for place in narrowed[i])
    for search, found in zip(placed, narrowed, strict=True):
        search.found = found


def _choose(document: Document, search: Search) -> list[Place]:
    """What is left when everything that the hunk says of its place is taken into account."""
    found = [place for place in search.found if may_be(document, search.hunk, place)]
    if len(found) > 1:
        cheapest = min(place.cost for place in found)
        found = [place for place in found if place.cost < cheapest + _CLEAR_COST]
    if len(found) > 1 and search.hunk.at_end:
        found = [place for place in found if place.end == len(document.lines)] or found
    if len(found) > 1:
        cheapest = min(place.cost for place in found)
        found = [p for p in found if p.cost == cheapest and _at_edge(document, search.hunk, p)] or found
    if len(found) > 1:
        found = _nearest(search, found)
    if len(found) > 1:
        found = _under_headings(document, search, found)
    return found


def _at_edge(document: Document, hunk: Hunk, place: Place) -> bool:
    """Whether the hunk has full context on one side and none on the other, as at an edge of the file, and is there."""
    above, below = (
        sum(1 for _ in takewhile(lambda line: line.sign is Sign.CONTEXT, lines))
        for lines in (hunk.lines, reversed(hunk.lines))
    )
    if above >= FULL_CONTEXT and not below:
        return place.end == len(document.lines)
    return below >= FULL_CONTEXT and not above and place.start == 0


def _nearest(search: Search, found: list[Place]) -> list[Place]:
    """The one place that is clearly nearest to the claimed line, if a line is claimed and none fits better."""
    claimed = search.hunk.old_start
    if claimed is None:
        return found
    ranked = sorted(found, key=lambda place: abs(place.start + 1 - claimed))
    if ranked[0].cost > min(place.cost for place in found):
        return found
    first, second = (abs(place.start + 1 - claimed) for place in ranked[:2])
    clear = not first or first <= _SELDOM_OFF < second or second > 3 * first + _SELDOM_OFF
    return ranked[:1] if clear else found


def _under_headings(document: Document, search: Search, found: list[Place]) -> list[Place]:
    """The places inside the block that the hunk's headings name."""
    for heading in search.hunk.headings:
        name = stripped(heading)
        lines = list(document.stripped.starting(name)) if name else []
        inside = [place for place in found if any(_in_block(document, at, place.start) for at in lines)]
        found = inside or found
    return found


def _in_block(document: Document, heading: int, at: int) -> bool:
    """Whether a line stands in the block under a heading: no line between is indented as little as the heading."""
    document.effort.spend(1)
    if at < heading:
        return False
    depth = _depth(document.lines[heading])
    for between in range(heading + 1, at + 1):
        document.effort.spend(1)
        line = document.lines[between]
        if _depth(line) <= depth and line.strip() and line.strip()[0] not in ")]}{":
            return False
    return True


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
