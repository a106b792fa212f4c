"""The places that one hunk could have, at the least tolerance that finds any.

In rising order: to the letter at the claimed line; but for white space at line ends and typography; with the change
done already; with another indentation; with a bounded number of differences. Chooses between places only where the
hunk itself says which it can not mean.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, product, takewhile

from patchwire.patch.align import aligned
from patchwire.patch.document import Document, loose
from patchwire.patch.indent import difference, fit
from patchwire.patch.model import Hunk, Line, Sign
from patchwire.patch.place import Place, Search

_RIVAL = 2 / 3
"""The share of a hunk's lines that makes the claimed place a rival to one that it fits to the letter."""
_FITS, _PASSES = 1.0, 0.0
FULL_CONTEXT = 3
"""So many lines of context a program writes on each side of a change, unless the file ends there."""
_MOST_RUNS = 4
_RIVAL_COST = 1.0
_WORK_A_LINE = 8


def as_claimed(document: Document, hunk: Hunk) -> Place | None:
    """The place that the hunk's own line number names, if the file has there to the letter what the hunk expects."""
    if hunk.old_start is None:
        return None
    before, after, lines = hunk.before, hunk.after, document.lines
    if before:
        start = hunk.old_start - 1
    elif hunk.counted and hunk.old_start <= len(lines):
        start = hunk.old_start
    else:
        return None
    if start < 0 or tuple(lines[start : start + len(before)]) != before:
        return None
    if len(after) > len(before) and tuple(lines[start : start + len(after)]) == after:
        return Place(start, start + len(after), already=True)
    place = Place(start, start + len(before), range(start, start + len(before)))
    return place if may_be(document, hunk, place) else None


def alike(document: Document, search: Search) -> list[Place]:
    """Every place where the file has, but for what no reader sees, what the hunk expects, or what it wants to leave."""
    size, new_size = len(search.before), len(search.after)
    starts = document.loose.matches(search.after)
    there = [Place(at, at + new_size, already=True) for at in starts]
    if not size:
        if not document.lines:
            return [Place(0, 0)]
        # Lines that stand somewhere may be about to be moved: only the claimed place says that they are added.
        return [place for place in there if search.adds_text and place.start + 1 == search.hunk.new_start]
    found = []
    for at in document.loose.matches(search.before):
        over = bisect_left(starts, at + size - new_size)  # the new side here, and the old side within it
        if new_size > size and over < len(starts) and starts[over] <= at:
            found.append(there[over])
        else:
            found.append(Place(at, at + size, range(at, at + size)))
    claimed = [place for place in there if place.start + 1 == search.hunk.new_start]
    if found and claimed and search.adds_text and all(p.start + 1 != search.hunk.old_start for p in found):
        return claimed
    if found and search.hunk.old_start is None and search.adds_text:
        return found + [place for place in there if place not in found]  # done here or still to be done there?
    if found:
        return found + _rival(document, search, found)
    return there if there and _is_change(document, search, there) else []


def partly_done(document: Document, search: Search) -> list[Place]:
    """Every place where the file has some of the hunk's changes already and, for the rest, what the hunk expects."""
    runs = [(sign, list(lines)) for sign, lines in groupby(search.hunk.lines, lambda line: line.sign is Sign.CONTEXT)]
    changing = [at for at, (context, _) in enumerate(runs) if not context]
    found = []
    if not 1 < len(changing) <= _MOST_RUNS:
        return []
    for done in product((False, True), repeat=len(changing)):
        if all(done) or not any(done):
            continue
        settled = {at for at, is_done in zip(changing, done, strict=True) if is_done}
        lines = [line for at, (_, run) in enumerate(runs) for line in (_as_done(run) if at in settled else run)]
        hunk = replace(search.hunk, lines=tuple(lines))
        wanted = [loose(text) for text in hunk.before]
        found += [
            Place(at, at + len(wanted), range(at, at + len(wanted)), rest=hunk) for at in document.loose.matches(wanted)
        ]
    return found


def _as_done(run: Sequence[Line]) -> list[Line]:
    """A run of changes as the file has it afterwards."""
    return [Line(Sign.CONTEXT, line.text) for line in run if line.sign is Sign.ADDED]


def differing(document: Document, search: Search) -> list[Place]:
    """Every place where only the indentation differs, by the same for all lines; else the best where a little differs.

    `document.stripped` must have been told of the hunk's lines.
    """
    bare = search.bare
    found = []
    for at in document.stripped.matches(bare):
        document.effort.spend(_WORK_A_LINE * len(bare))
        way = difference(search.before, document.lines[at : at + len(bare)])
        if way is not None:
            found.append(Place(at, at + len(bare), range(at, at + len(bare)), reindent=way))
    return found or aligned(document, search)


def may_be(document: Document, hunk: Hunk, place: Place) -> bool:
    """False where added lines at the hunk's edge, without context on their other side, look out of place.

    The indentation has to speak for them. A hunk with true counts that ends (or begins) so even says that the file ends
    (or begins) there, as in every diff that a program made: where it nearly does, context was left out.
    """
    lines = hunk.lines
    if place.already or {lines[0].sign, lines[-1].sign} != {Sign.ADDED, Sign.CONTEXT}:
        return True
    first = lines[0].sign is Sign.ADDED
    run = list(takewhile(lambda line: line.sign is not Sign.CONTEXT, lines if first else reversed(lines)))
    spot = place.start if first else place.end
    if any(line.sign is Sign.REMOVED for line in run) or spot in (0, len(document.lines)):
        return True
    if hunk.counted and min(spot, len(document.lines) - spot) < FULL_CONTEXT:
        return False
    added = [line.text for line in (run if first else reversed(run))]
    return fit(added, (), document.text_above(spot), document.text_below(spot), document.habits(spot)) >= (
        _FITS if hunk.counted else _PASSES
    )


def _rival(document: Document, search: Search, found: Sequence[Place]) -> list[Place]:
    """The claimed place, if the hunk fits another one to the letter but this one nearly: then neither is sure."""
    claimed = search.hunk.old_start
    size = len(search.before)
    if not claimed or any(abs(place.start + 1 - claimed) < size for place in found):
        return []
    start = claimed - 1
    same = [line == key for line, key in zip(search.before, document.loose.keys[start : start + size], strict=False)]
    removed = [equal for equal, keep in zip(same, search.keeps, strict=False) if not keep]
    if len(same) < size or not all(removed) or sum(same) < _RIVAL * size:
        return []
    return [Place(start, start + size, range(start, start + size), cost=_RIVAL_COST)]


def _is_change(document: Document, search: Search, there: Sequence[Place]) -> bool:
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
