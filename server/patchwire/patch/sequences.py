"""What changed between two sequences of lines: few changes, placed where a person would see them, in bounded time.

Knows nothing of files, patches or line ends. Lines that both sides hold just once are the anchors (as in patience
diff); what lies between two anchors is compared by Myers' algorithm within a budget; last, every change slides to where
it cuts the text best.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import lt

_BUDGET = 600_000
_MOST_DIFFERENCES = 256
_MOST_SLIDE = 100


@dataclass(frozen=True, slots=True)
class Change:
    """`old[start:end]` became `new[new_start:new_end]`; counted from 0, ends not included."""

    start: int
    end: int
    new_start: int
    new_end: int


Box = tuple[int, int, int, int]
"""`old[a:b]` beside `new[c:d]`."""


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The changes that turn `old` into `new`, in order; between any two stand lines that stay."""
    found: list[Box] = []
    budget = [_BUDGET]
    todo: list[Box] = [(0, len(old), 0, len(new))]
    while todo:
        a, b, c, d = _trimmed(old, new, *todo.pop())
        if a == b or c == d:
            if a < b or c < d:
                found.append((a, b, c, d))
            continue
        anchors = _anchors(old, new, a, b, c, d)
        if anchors:
            todo.extend(reversed(_between(anchors, a, b, c, d)))
        else:
            found += _myers(old, new, (a, b, c, d), budget)
    return [Change(*box) for box in _slid(old, new, _joined(found))]


def reach(old: Sequence[str], new: Sequence[str], change: Change) -> tuple[int, int]:
    """The rows of `old` over which a change could slide with the same result, itself included: all it might touch."""
    if change.start == change.end:
        lines, start, end = new, change.new_start, change.new_end
    elif change.new_start == change.new_end:
        lines, start, end = old, change.start, change.end
    else:
        return change.start, change.end
    up = down = 0
    while up < min(start, change.start, _MOST_SLIDE) and lines[start - up - 1] == lines[end - up - 1]:
        up += 1
    room = min(len(lines) - end, len(old) - change.end, _MOST_SLIDE)
    while down < room and lines[start + down] == lines[end + down]:
        down += 1
    return change.start - up, change.end + down


def _trimmed(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> Box:
    """The box without the lines that both sides begin and end with."""
    step = 1
    while a < b and c < d and step:  # ever longer slices, then ever shorter ones: a long equal run costs no loop
        size = min(step, b - a, d - c)
        if old[a : a + size] == new[c : c + size]:
            a, c, step = a + size, c + size, step * 2
        else:
            step = size // 2
    step = 1
    while a < b and c < d and step:
        size = min(step, b - a, d - c)
        if old[b - size : b] == new[d - size : d]:
            b, d, step = b - size, d - size, step * 2
        else:
            step = size // 2
    return a, b, c, d


def _anchors(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """Pairs of places of lines that are there once on either side, in rising order on both: the longest such list."""
    there = _once(new[c:d], c)
    if len(_once(old[a:b], a)) < b - a:
        twice = {line for line, count in Counter(old[a:b]).items() if count > 1}
        there = {line: j for line, j in there.items() if line not in twice}
    pairs = [(i, j) for i, j in zip(range(a, b), map(there.get, old[a:b]), strict=True) if j is not None]
    right = [j for _, j in pairs]
    return pairs if all(map(lt, right, right[1:])) else _longest_rising(pairs)


def _once(lines: Sequence[str], first: int) -> dict[str, int]:
    """Where the lines stand that are there just once; `first` is the number of the first line."""
    last = dict(zip(lines, range(first, first + len(lines)), strict=True))
    if len(last) < len(lines):
        counts = Counter(lines)
        last = {line: at for line, at in last.items() if counts[line] == 1}
    return last


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of pairs, which rise in their first number, that rises in the second too (patience sort)."""
    tails: list[int] = []
    ends: list[int] = []
    before = [-1] * len(pairs)
    for at, (_, j) in enumerate(pairs):
        pile = len(tails) if not tails or j > tails[-1] else bisect_left(tails, j)
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
    chain.reverse()
    return chain


def _between(anchors: list[tuple[int, int]], a: int, b: int, c: int, d: int) -> list[Box]:
    """The boxes that the anchors leave, without the empty ones."""
    ends = [(a - 1, c - 1), *anchors, (b, d)]
    return [(i + 1, k, j + 1, m) for (i, j), (k, m) in pairwise(ends) if k - i > 1 or m - j > 1]


def _myers(old: Sequence[str], new: Sequence[str], box: Box, budget: list[int]) -> list[Box]:
    """The changes in a box. Where it differs too much for the budget, the rest of the box is one change."""
    a, b, c, d = box
    found: list[Box] = []
    while a < b and c < d and budget[0] > 0:
        path, x, y = _furthest(old, new, (a, b, c, d), budget)
        found += path
        a, c = x, y
    if a < b or c < d:
        found.append((a, b, c, d))
    return found


def _furthest(old: Sequence[str], new: Sequence[str], box: Box, budget: list[int]) -> tuple[list[Box], int, int]:
    """The shortest path of changes through a box, or as far as `_MOST_DIFFERENCES` lead; and where it ends."""
    a, b, c, d = box
    reach = {1: a}
    trace: list[dict[int, int]] = []
    for count in range(_MOST_DIFFERENCES):
        trace.append(dict(reach))
        budget[0] -= count + 1
        for k in range(-count, count + 1, 2):
            down = k == -count or (k != count and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            y = c + (x - a) - k
            while x < b and y < d and old[x] == new[y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x >= b and y >= d:
                return _path(trace, a, c, count, k, x), b, d
    inside = [k for k, x in reach.items() if x <= b and c + x - a - k <= d and (k - count) % 2 == 0]
    best = max(inside, key=lambda k: 2 * reach[k] - k)
    x = reach[best]
    return _path(trace, a, c, count, best, x), x, c + (x - a) - best


def _path(trace: list[dict[int, int]], a: int, c: int, count: int, k: int, x: int) -> list[Box]:
    """The changes on the way to diagonal `k`, in order."""
    steps: list[Box] = []
    for d in range(count, 0, -1):
        reach = trace[d]
        down = k == -d or (k != d and reach[k - 1] < reach[k + 1])
        k = k + 1 if down else k - 1
        x = reach[k]
        y = c + (x - a) - k
        steps.append((x, x, y, y + 1) if down else (x, x + 1, y, y))
    steps.reverse()
    return steps


def _joined(found: list[Box]) -> list[Box]:
    """Changes that touch made one."""
    out: list[Box] = []
    for a, b, c, d in found:
        if out and out[-1][1] == a and out[-1][3] == c:
            a, c = out[-1][0], out[-1][2]
            out.pop()
        out.append((a, b, c, d))
    return out


def _slid(old: Sequence[str], new: Sequence[str], found: list[Box]) -> list[Box]:
    """The changes where they read best: lines that are only added or only removed can slide along their equals."""
    out: list[Box] = []
    for at, (a, b, c, d) in enumerate(found):
        if a < b and c < d:
            out.append((a, b, c, d))
            continue
        lines, start, end = (new, c, d) if a == b else (old, a, b)
        floor = start - (a - out[-1][1] if out else a)
        ceiling = end + (found[at + 1][0] if at + 1 < len(found) else len(old)) - b
        best = _best_slide(lines, start, end, floor, ceiling)
        a, b, c, d = a + best, b + best, c + best, d + best
        out.append((a, b, c, d))
    return _joined(out)


def _best_slide(lines: Sequence[str], start: int, end: int, floor: int, ceiling: int) -> int:
    """By how many lines `lines[start:end]` should move, between the neighbours at `floor` and `ceiling`."""
    high = 0
    size = end - start
    while end + high < ceiling and high < _MOST_SLIDE and lines[start + high] == lines[end + high]:
        high += 1
    least = max(-_MOST_SLIDE, high - size + 1, floor - start)  # not by its whole size: then it would be its own twin
    low = max(0, least)
    while low > least and lines[start + low - 1] == lines[end + low - 1]:
        low -= 1
    if low == high:
        return low
    return min(range(high, low - 1, -1), key=lambda by: _cut(lines, start + by) + _cut(lines, end + by))


def _cut(lines: Sequence[str], at: int) -> int:
    """How bad a cut before this line is: best at an edge, after a blank line, before a little indented one."""
    if at in (0, len(lines)):
        return 0
    line = lines[at]
    text = line.lstrip()
    if not text:
        return 12
    cost = 3 * len(line[: len(line) - len(text)].expandtabs(4)) // 4 + 2
    if not lines[at - 1].strip():
        cost -= 8
    if text[0] in ")]}":
        cost += 6
    return cost
