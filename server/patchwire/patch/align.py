"""Where a hunk goes in a file that differs from what it expects in a few lines: a bounded alignment.

Lines that the hunk removes must all be there; context lines may differ or lack, and the file may have lines that the
hunk leaves out, each at a cost.
"""

from collections import Counter
from collections.abc import Sequence
from math import inf

from patchwire.patch.document import MANY, Bare, Document
from patchwire.patch.indent import KEEP, Reindent, difference
from patchwire.patch.model import Hunk, Sign
from patchwire.patch.place import Place, Search

_BAND = 8
"""How many lines an alignment may stray from its offset."""
_RARE = 3
"""A line that is in the file no more often than this says much of where the hunk goes."""
_LONGEST = 4000
_WINDOWS = 4
_NEVER = -1e9
_SWAP, _SKIP, _LACK = 1.5, 1.0, 2.0
"""What it costs that a context line differs, that the hunk leaves one out, that one is not in the file."""
_LEAST = 0.5
"""The share of a hunk's lines with text that must be there, unless a removed line is telling enough."""
_TELLING = 6
_PAIR, _LEFT_OUT, _MISSING = 1, 2, 3


def aligned(document: Document, search: Search) -> list[Place]:
    """The best places for a hunk, best first, each with its cost; empty if too little of the hunk is anywhere.

    `document.stripped` must have been told of the hunk's lines.
    """
    bare, keeps = search.bare, search.keeps
    found: list[Place] = []
    changing = any(line.sign is not Sign.CONTEXT for line in search.hunk.lines)
    open_cost = inf
    if len(bare) > _LONGEST:
        return found
    for offset in _offsets(document, bare):
        document.effort.spend(4 * _BAND * len(bare))
        rows = _align(document.stripped, bare, keeps, offset)
        place = _place(document, search, bare, keeps, rows) if rows else None
        if place and changing and not place.spots:
            open_cost = min(open_cost, place.cost)
        elif place and all(place.rows != other.rows for other in found):
            found.append(place)
    # Where the hunk fits best, but leaves open where its lines go, it does not mean a place that it fits worse.
    return sorted((place for place in found if place.cost < open_cost), key=lambda place: place.cost)


def _offsets(document: Document, bare: Sequence[str]) -> list[int]:
    """The likeliest distances between the hunk's lines and the file's, by the lines that are rare in the file."""
    votes: dict[int, float] = {}
    for i, line in enumerate(bare):
        where = document.stripped.where(line) if line else ()
        if len(where) < MANY:
            document.effort.spend(len(where))
            for at in where:
                votes[at - i] = votes.get(at - i, 0.0) + 1.0 / len(where)
    best: list[int] = []
    for offset in sorted(votes, key=lambda o: -votes[o]):
        if all(abs(offset - other) > _BAND // 2 for other in best):
            best.append(offset)
        if len(best) == _WINDOWS:
            break
    return best


def _align(form: Bare, bare: Sequence[str], keeps: Sequence[bool], offset: int) -> list[int] | None:
    """For each line the hunk expects the file's line, -1 where there is none; None if a removed line is not there.

    The cheapest alignment within `_BAND` lines of the offset: each side's lines in order, ends free.
    """
    size, width = len(bare), 2 * _BAND + 1
    low = max(0, offset - _BAND)
    keys = form.keys[low : offset + size + _BAND + 1]
    score = [0.0 if 0 <= offset - _BAND + k <= len(form.keys) else _NEVER for k in range(width)]
    moves: list[list[int]] = []
    for i in range(size):
        line, keep = bare[i], keeps[i]
        worth = 0.6 if not line else 3.0 if len(form.where(line)) <= _RARE else 1.5
        nxt = [_NEVER] * width
        move = [0] * width
        for k in range(width):
            if i and k and score[k - 1] - _SKIP > score[k]:
                score[k] = score[k - 1] - _SKIP
                moves[i - 1][k] = _LEFT_OUT
            at = offset + i - _BAND + k - low
            if 0 <= at < len(keys):
                swap = -_SWAP if keep and line and keys[at] else _NEVER
                gain = worth if keys[at] == line else swap
                if score[k] + gain > nxt[k]:
                    nxt[k], move[k] = score[k] + gain, _PAIR
            if keep and k and score[k] - _LACK > nxt[k - 1]:
                nxt[k - 1], move[k - 1] = score[k] - _LACK, _MISSING
        score = nxt
        moves.append(move)
    return _walk_back(score, moves, offset)


def _walk_back(score: list[float], moves: list[list[int]], offset: int) -> list[int] | None:
    k = max(range(len(score)), key=lambda k: score[k])
    if score[k] < 0:
        return None
    size = len(moves)
    rows = [-1] * size
    i = size
    while i:
        move = moves[i - 1][k]
        if move == _LEFT_OUT:
            k -= 1
            continue
        i -= 1
        if move == _PAIR:
            rows[i] = offset + i - _BAND + k
        else:
            k += 1
    return rows


def _place(
    document: Document, search: Search, bare: Sequence[str], keeps: Sequence[bool], rows: list[int]
) -> Place | None:
    """The place of an alignment; without spots if it leaves open where lines go, None if too much differs."""
    keys = document.stripped.keys
    same = [row >= 0 and keys[row] == line for row, line in zip(rows, bare, strict=True)]
    real = [row for row in rows if row >= 0]
    texts = sum(bool(line) for line in bare)
    agreed = sum(equal and bool(line) for equal, line in zip(same, bare, strict=True))
    if not agreed or (agreed < _LEAST * texts and not _core_holds(document, bare, keeps, rows, same)):
        return None
    way, odd = _reindented(document, search.hunk, bare, rows, same)
    if way is None or any(not keeps[i] for i in odd):
        return None
    for i in odd:
        same[i] = False
    spots = _spots(document, search.hunk, rows, same) or ()
    swaps = sum(row >= 0 and not equal for row, equal in zip(rows, same, strict=True))
    lacks = sum(row < 0 for row in rows)
    skips = real[-1] + 1 - real[0] - len(real)
    cost = _SWAP * swaps + _LACK * lacks + _SKIP * skips
    return Place(real[0], real[-1] + 1, tuple(rows), reindent=way, cost=cost, spots=spots)


def _reindented(
    document: Document, hunk: Hunk, bare: Sequence[str], rows: Sequence[int], same: Sequence[bool]
) -> tuple[Reindent | None, list[int]]:
    """How the lines that agree are indented otherwise, and which few are not and so are other lines after all."""
    expected = hunk.before
    pairs = {i: (expected[i], document.lines[row]) for i, row in enumerate(rows) if same[i] and bare[i]}
    ways = {i: difference([old], [new]) for i, (old, new) in pairs.items()}
    for way in (KEEP, Counter(ways.values()).most_common(1)[0][0]):
        odd = [i for i, other in ways.items() if other != way]
        if len(odd) <= 1 + len(ways) // 4 and (2 * len(odd) < len(ways) or len(odd) == 1 < len(ways)):
            return way, odd
    return difference([old for old, _ in pairs.values()], [new for _, new in pairs.values()]), []


def _core_holds(
    document: Document, bare: Sequence[str], keeps: Sequence[bool], rows: Sequence[int], same: Sequence[bool]
) -> bool:
    """Whether the removed lines and the lines next to them are there, and one that is removed is nowhere else."""
    gone = [i for i, keep in enumerate(keeps) if not keep]
    if not gone or not any(len(bare[i]) > _TELLING and len(document.stripped.where(bare[i])) == 1 for i in gone):
        return False
    core = range(max(0, gone[0] - 1), min(len(bare), gone[-1] + 2))
    return all(same[i] for i in core) and rows[core[-1]] - rows[core[0]] == len(core) - 1


def _spots(document: Document, hunk: Hunk, rows: Sequence[int], same: Sequence[bool]) -> list[int] | None:
    """For each run of removed and added lines the file's line that it begins at; None if that can not be told."""
    spots: list[int] = []
    i = 0
    lines = hunk.lines
    at = 0
    while at < len(lines):
        if lines[at].sign is Sign.CONTEXT:
            at, i = at + 1, i + 1
            continue
        first = i
        added = []
        while at < len(lines) and lines[at].sign is not Sign.CONTEXT:
            if lines[at].sign is Sign.REMOVED:
                i += 1
            else:
                added.append(lines[at].text)
            at += 1
        if first < i:
            if rows[i - 1] - rows[first] != i - 1 - first:
                return None
            gap = i < len(rows) and rows[i] > rows[i - 1] + 1
            if gap and len(added) > i - first:  # some may belong behind the lines that are left out
                return None
            spots.append(rows[first])
            continue
        spot = _between(document, rows, same, i, added)
        if spot is None:
            return None
        spots.append(spot)
    return spots


def _between(document: Document, rows: Sequence[int], same: Sequence[bool], i: int, added: Sequence[str]) -> int | None:
    """Where lines go that are added before the hunk's `i`-th expected line."""
    above = rows[i - 1] if i else -1
    below = rows[i] if i < len(rows) else -1
    keys = document.stripped.keys
    if above >= 0 and below >= 0 and (same[i - 1] or same[i]):
        low, high = above + 1, below
        left_out = keys[rows[i - 2] + 1 : above] if i > 1 and rows[i - 2] >= 0 else []
        if keys[above] in left_out:  # the line above may as well be one of those that are left out
            if any(left_out):
                return None
            low = rows[i - 2] + 2
        if low == high:
            return low
        if any(keys[low:high]):
            return None
        if added[0].strip() and not added[-1].strip() and keys[low - 1]:
            return high  # its own blank line stands below it, so the file's stands above
        if added[-1].strip() and not added[0].strip() and keys[high]:
            return low
        return None
    if below >= 0 and same[i]:
        return below
    if above >= 0 and same[i - 1]:
        return above + 1
    return None
