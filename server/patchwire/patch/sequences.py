"""What changed between two sequences of lines: few and well-placed changes, quickly.

Knows nothing of files, patches or line ends. Lines that both sides hold just once are the anchors (patience); what lies
between them is compared piece by piece.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_SMALL = 400


@dataclass(frozen=True, slots=True)
class Change:
    """`old[start:end]` became `new[new_start:new_end]`; counted from 0, ends not included."""

    start: int
    end: int
    new_start: int
    new_end: int


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The changes that turn `old` into `new`, in order; none of them touch."""
    found: list[Change] = []
    todo = [(0, len(old), 0, len(new))]
    while todo:
        a, b, c, d = todo.pop()
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        if a == b or c == d:
            if a < b or c < d:
                found.append(Change(a, b, c, d))
            continue
        anchors = _anchors(old, new, a, b, c, d)
        if anchors:
            pieces = []
            for i, j in anchors:
                pieces.append((a, i, c, j))
                a, c = i + 1, j + 1
            pieces.append((a, b, c, d))
            todo.extend(reversed(pieces))
        elif b - a > _SMALL or d - c > _SMALL:
            found.append(Change(a, b, c, d))
        else:
            matcher = SequenceMatcher(None, old[a:b], new[c:d], autojunk=False)
            found += [Change(a + i, a + j, c + k, c + m) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"]
    return _joined(found)


def _joined(found: list[Change]) -> list[Change]:
    """Changes that touch made one."""
    out: list[Change] = []
    for change in found:
        if out and out[-1].end == change.start and out[-1].new_end == change.new_start:
            out[-1] = Change(out[-1].start, change.end, out[-1].new_start, change.new_end)
        else:
            out.append(change)
    return out


def _anchors(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """Pairs of places of lines that are there once on either side, in rising order on both: the longest such list."""
    once = {line for line, count in Counter(old[a:b]).items() if count == 1}
    once &= {line for line, count in Counter(new[c:d]).items() if count == 1}
    if not once:
        return []
    there = {line: j for j, line in enumerate(new[c:d], c) if line in once}
    pairs = [(i, there[line]) for i, line in enumerate(old[a:b], a) if line in once]
    tails: list[int] = []
    ends: list[int] = []
    before = [-1] * len(pairs)
    for at, (_, j) in enumerate(pairs):
        pile = bisect_left(tails, j)
        if pile:
            before[at] = ends[pile - 1]
        if pile == len(tails):
            tails.append(j)
            ends.append(at)
        else:
            tails[pile], ends[pile] = j, at
    chain = []
    at = ends[-1]
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
