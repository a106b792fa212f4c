"""Where the hunks of one file go, in rising tolerance and jointly over all of them.

Knows no format and writes nothing: a `Document` and hunks come in, a `Place` for each hunk goes out, or PatchRefused
with a reason for each hunk that has none or more than one.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from patchwire.errors import PatchRefused
from patchwire.patch.align import aligned
from patchwire.patch.document import Document, stripped
from patchwire.patch.indent import KEEP, Reindent, difference, fit
from patchwire.patch.model import Hunk, Sign
from patchwire.patch.place import Place, Search
from patchwire.patch.refusal import ambiguous, missing, unclear_indent, without_context

_CLEAR_LINES = 60
_CLEAR_COST = 2.0
_CLEAR_INDENT = 1.0
_RIVAL = 0.7


def locate(document: Document, hunks: Sequence[Hunk], path: str) -> list[Place]:
    """A place for every hunk, in the hunks' order. Raises PatchRefused with a reason for each that has none."""
    claimed = [_as_claimed(document, hunk) for hunk in hunks]
    sure = [place for place in claimed if place is not None]
    if len(sure) == len(hunks) and all(a.end <= b.start for a, b in pairwise(sure)):
        return sure
    searches = [Search.of(number, hunk) for number, hunk in enumerate(hunks, 1)]
    document.loose.index(line for search in searches for line in (*search.before, *search.after))
    for search in searches:
        search.found = _find(document, search)
    _narrow_by_order(searches)
    reasons = []
    for search in searches:
        search.found = _choose(document, search)
        if not search.found:
            reasons.append(_missing(document, search, len(hunks), path))
        elif len(search.found) > 1:
            starts = [place.start for place in search.found]
            reasons.append(ambiguous(starts, search.number, len(hunks), path))
    if reasons:
        raise PatchRefused(*reasons)
    return _indented(document, searches, path)


def _missing(document: Document, search: Search, count: int, path: str) -> str:
    if search.before:
        return missing(document, search.hunk, search.number, count, path)
    return without_context(search.number, count, path)


def _as_claimed(document: Document, hunk: Hunk) -> Place | None:
    """The place that the hunk's own line number names, if the file has there to the letter what the hunk expects."""
    if hunk.old_start is None:
        return None
    before, after, lines = hunk.before, hunk.after, document.lines
    if not before:
        start = hunk.old_start
        if not hunk.counted or start > len(lines):
            return None
    else:
        start = hunk.old_start - 1
    if start < 0 or tuple(lines[start : start + len(before)]) != before:
        return None
    if len(after) > len(before) and tuple(lines[start : start + len(after)]) == after:
        return Place(start, start + len(after), already=True)
    place = Place(start, start + len(before), range(start, start + len(before)))
    return place if _reaches_edge(document, hunk, place) else None


def _find(document: Document, search: Search) -> list[Place]:
    """Every place for the hunk at the least tolerance that finds one."""
    size, new_size = len(search.before), len(search.after)
    there = [Place(at, at + new_size, already=True) for at in document.loose.matches(search.after)]
    if not size:
        if not document.lines:
            return [Place(0, 0)]
        return there if search.adds_text else []
    found = []
    for at in document.loose.matches(search.before):
        over = [place for place in there if place.start <= at and at + size <= place.end]
        found.append(over[0] if over and new_size > size else Place(at, at + size, range(at, at + size)))
    claimed = [place for place in there if place.start + 1 == search.hunk.new_start]
    if found and claimed and search.adds_text and all(p.start + 1 != search.hunk.old_start for p in found):
        return claimed
    if found:
        return found + _rival(document, search, found)
    if there and _is_already(document, search, there):
        return there
    return _indented_matches(document, search) or aligned(document, search)


def _rival(document: Document, search: Search, found: Sequence[Place]) -> list[Place]:
    """The claimed place, if the hunk fits another one to the letter but this one nearly: then neither is sure."""
    claimed = search.hunk.old_start
    size = len(search.before)
    if not claimed or any(abs(place.start + 1 - claimed) < size for place in found):
        return []
    here = document.loose.keys[claimed - 1 : claimed - 1 + size]
    same = [line == key for line, key in zip(search.before, here, strict=False)]
    signs = [line.sign for line in search.hunk.lines if line.sign is not Sign.ADDED]
    removed = [equal for equal, sign in zip(same, signs, strict=False) if sign is Sign.REMOVED]
    if len(same) < size or not all(removed) or sum(same) < _RIVAL * size:
        return []
    start = claimed - 1
    return [Place(start, start + size, range(start, start + size), cost=_CLEAR_COST / 2)]


def _is_already(document: Document, search: Search, there: Sequence[Place]) -> bool:
    """Whether the new side's lines are the change and not just lines that happen to be alike.

    A hunk that adds no text leaves nothing but context: that has to be long enough, and on both sides of the change
    unless the file begins or ends there.
    """
    if search.adds_text:
        return True
    lines = search.hunk.lines
    if sum(bool(line) for line in search.after) < 2:
        return False
    if lines[0].sign is not Sign.CONTEXT:
        return any(place.start == 0 for place in there)
    if lines[-1].sign is not Sign.CONTEXT:
        return any(place.end == len(document.lines) for place in there)
    return True


def _indented_matches(document: Document, search: Search) -> list[Place]:
    """Every place where only the indentation differs, and by the same for all lines."""
    bare = search.bare
    document.stripped.index(bare)
    found = []
    for at in document.stripped.matches(bare):
        way = difference(search.before, document.lines[at : at + len(bare)])
        if way is not None:
            found.append(Place(at, at + len(bare), range(at, at + len(bare)), reindent=way))
    return found


def _narrow_by_order(searches: list[Search]) -> None:
    """Keep only the places that leave room for the hunks before and behind, if the hunks can stand in their order."""
    narrowed = [search.found for search in searches if search.found]
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
    for search, found in zip([search for search in searches if search.found], narrowed, strict=True):
        search.found = found


def _reaches_edge(document: Document, hunk: Hunk, place: Place) -> bool:
    """False where a hunk with true counts has context on one side of its additions only, but the file goes on there.

    Such a hunk says that it stands at the file's beginning or end, as in every diff that a program made.
    """
    lines = hunk.lines
    if not hunk.counted or place.already:
        return True
    if lines[0].sign is Sign.ADDED and lines[-1].sign is Sign.CONTEXT and place.start > 0:
        return next(line.sign for line in lines if line.sign is not Sign.ADDED) is Sign.REMOVED
    if lines[-1].sign is Sign.ADDED and lines[0].sign is Sign.CONTEXT and place.end < len(document.lines):
        return next(line.sign for line in reversed(lines) if line.sign is not Sign.ADDED) is Sign.REMOVED
    return True


def _choose(document: Document, search: Search) -> list[Place]:
    """What is left when everything that the hunk says of its place is taken into account."""
    found = [place for place in search.found if _reaches_edge(document, search.hunk, place)]
    if len(found) > 1:
        cheapest = min(place.cost for place in found)
        found = [place for place in found if place.cost < cheapest + _CLEAR_COST]
    if len(found) > 1 and search.hunk.at_end:
        found = [place for place in found if place.end == len(document.lines)] or found
    if len(found) > 1:
        found = _nearest(search, found)
    if len(found) > 1:
        found = _under_headings(document, search, found)
    return found


def _nearest(search: Search, found: list[Place]) -> list[Place]:
    """The one place that is clearly nearest to the claimed line, if a line is claimed."""
    claimed = search.hunk.old_start
    if claimed is None:
        return found
    ranked = sorted(found, key=lambda place: abs(place.start + 1 - claimed))
    first, second = (abs(place.start + 1 - claimed) for place in ranked[:2])
    if ranked[0].cost > min(place.cost for place in found):
        return found
    return ranked[:1] if not first or second - first > max(_CLEAR_LINES, 2 * first) else found


def _under_headings(document: Document, search: Search, found: list[Place]) -> list[Place]:
    """The places inside the block that the hunk's headings name."""
    for heading in search.hunk.headings:
        name = stripped(heading)
        lines = [at for at, line in enumerate(document.stripped.keys) if line.startswith(name)]
        inside = [place for place in found if any(_in_block(document, at, place.start) for at in lines)]
        found = inside or found
    return found


def _in_block(document: Document, heading: int, at: int) -> bool:
    """Whether a line stands in the block under a heading: no line between is indented as little as the heading."""
    if at < heading:
        return False
    depth = _depth(document.lines[heading])
    between = document.lines[heading + 1 : at + 1]
    return all(_depth(line) > depth or not line.strip() or line.strip()[0] in ")]}{" for line in between)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _indented(document: Document, searches: list[Search], path: str) -> list[Place]:
    """The places with it decided, jointly, whether added lines are indented as wrongly as the lines around them."""
    off = [
        search
        for search in searches
        if search.found[0].reindent != KEEP and search.adds_text and not search.found[0].already
    ]
    if not off:
        return [search.found[0] for search in searches]
    score = sum(_evidence(document, search.hunk, search.found[0]) for search in off)
    if abs(score) < _CLEAR_INDENT:
        raise PatchRefused(*(unclear_indent(search.number, len(searches), path) for search in off))
    if score > 0:
        return [search.found[0] for search in searches]
    return [replace(search.found[0], reindent=KEEP) for search in searches]


def _evidence(document: Document, hunk: Hunk, place: Place) -> float:
    """How much better added lines fit if they are indented anew than if they stay as they are."""
    rows = iter(place.rows)
    score = 0.0
    above, removed, added = place.start - 1, [], []
    last = place.start - 1
    for line in (*hunk.lines, None):
        if line is not None and line.sign is Sign.ADDED:
            added.append(line.text)
            continue
        row = next(rows) if line is not None else place.end
        if line is not None and line.sign is Sign.REMOVED:
            removed.append(document.lines[row])
            last = row
            continue
        if added:
            score += _better(document, place.reindent, added, removed, above, last + 1)
        if row >= 0:
            above = last = row
        removed, added = [], []
    return score


def _better(document: Document, way: Reindent, added: list[str], removed: list[str], above: int, below: int) -> float:
    lines = document.lines
    while above >= 0 and not lines[above].strip():
        above -= 1
    while below < len(lines) and not lines[below].strip():
        below += 1
    over, under = lines[above] if above >= 0 else "", lines[below] if below < len(lines) else ""
    anew = [way(line) for line in added]
    if None in anew:
        return -5.0
    known = document.indents
    return fit([x for x in anew if x is not None], removed, over, under, known) - fit(
        added, removed, over, under, known
    )
