"""Whether the lines that a patch adds are indented as wrongly as the lines around them, judged over all its hunks.

A model that gets the file's indentation wrong does so in every line, or in the lines it copies only; each hunk gives
some evidence, and what they say together is done. What can not be told is refused.
"""

from collections.abc import Sequence
from dataclasses import replace

from patchwire.errors import PatchRefused
from patchwire.patch.document import Document
from patchwire.patch.indent import KEEP, Reindent, fit
from patchwire.patch.model import Hunk, Sign
from patchwire.patch.place import Place, Search
from patchwire.patch.refusal import unclear_indent

_CLEAR = 3.0
"""As much as this has to speak for one way, more than for the other."""
_CANNOT, _NOT_MEANT = -5.0, 20.0


def settled(document: Document, searches: Sequence[Search], path: str) -> list[Place]:
    """The one place of each search, and how its added lines are indented. Raises PatchRefused if that is unclear."""
    places = [search.found[0] for search in searches]
    off = [s for s in searches if s.found[0].reindent != KEEP and s.adds_text and not s.found[0].already]
    if not off:
        return places
    score = sum(_evidence(document, search.hunk, search.found[0]) for search in off)
    unclear = off if abs(score) < _CLEAR else [search for search in off if score > 0 and _mixes(search)]
    if unclear:
        raise PatchRefused(*(unclear_indent(search.number, len(searches), path) for search in unclear[:3]))
    return places if score > 0 else [replace(place, reindent=KEEP) for place in places]


def _mixes(search: Search) -> bool:
    """Whether some added line has tabs where the others' indentation would put blanks before it."""
    way = search.found[0].reindent
    added = (line.text for line in search.hunk.lines if line.sign is Sign.ADDED)
    return bool(way.put) and any(way(text) is None for text in added)


def _evidence(document: Document, hunk: Hunk, place: Place) -> float:
    """How much better added lines fit if they are indented anew than if they stay as they are."""
    rows = iter(place.rows)
    score = 0.0
    above = last = place.start - 1
    removed: list[str] = []
    added: list[str] = []
    for line in hunk.lines:
        if line.sign is Sign.ADDED:
            added.append(line.text)
            continue
        row = next(rows)
        if line.sign is Sign.REMOVED:
            removed.append(document.lines[row])
            last = row
            continue
        if added:
            score += _better(document, place.reindent, added, removed, above, last + 1)
        if row >= 0:
            above = last = row
        removed, added = [], []
    return score + (_better(document, place.reindent, added, removed, above, last + 1) if added else 0.0)


def _better(document: Document, way: Reindent, added: list[str], removed: list[str], above: int, below: int) -> float:
    over, under = document.text_above(above + 1), document.text_below(below)
    anew = [text for text in map(way, added) if text is not None]
    if len(anew) < len(added):
        return _CANNOT
    if anew == removed or added == removed:  # nobody means to change nothing
        return _NOT_MEANT if added == removed else -_NOT_MEANT
    habits = document.habits(below)
    return fit(anew, removed, over, under, habits) - fit(added, removed, over, under, habits)
