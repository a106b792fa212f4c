"""How the changes to a text stand after somebody else edited that text: free to be made, made already, or blocked.

Knows lines and changes, not who decides on them. Whatever is made is made around the other edits: a change that
overlaps or touches one of them is never free.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from patchwire.patch.merge import Span, extent, rows, touching
from patchwire.patch.sequences import Change, changes, reach


class Fate(Enum):
    """FREE: its lines are as expected. TURNED: an edit has just made or unmade it. BLOCKED: an edit is in its way."""

    FREE = "free"
    TURNED = "turned"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Turn:
    """What makes a change, or unmakes one that counts as made: `expected[start:end]` becomes `lines`."""

    start: int
    end: int
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A text as it is `now` beside what was expected of it: the old text with the changes that count as made.

    `edits` lead from `expected` to `now`; each change has its `turns` and its `fates`.
    """

    expected: Sequence[str]
    now: Sequence[str]
    edits: Sequence[Change]
    turns: Sequence[Turn]
    fates: Sequence[Fate]

    def turned(self, chosen: Collection[int]) -> str:
        """The text as it is now with the chosen changes, all of them free, made or unmade."""
        steps = [self.turns[i] for i in chosen]
        steps += [Turn(edit.start, edit.end, self.now[edit.new_start : edit.new_end]) for edit in self.edits]
        out: list[str] = []
        at = 0
        for step in sorted(steps, key=lambda step: (step.start, step.end)):
            out += self.expected[at : step.start]
            out += step.lines
            at = step.end
        return "".join(out) + "".join(self.expected[at:])

    def led_to(self, text: Sequence[str]) -> tuple[int, ...]:
        """Which free changes, made or unmade, are all that leads from `now` to this text; none if none do."""
        free = [number for number, fate in enumerate(self.fates) if fate is Fate.FREE]
        turns = {number: Turn(*self.place(number), self.turns[number].lines) for number in free}
        return _turned(self.now, turns, free, (0, len(self.now)), text)

    def place(self, number: int) -> tuple[int, int]:
        """The rows of `now`, from 0, the end not included, that a change would replace, and edits in its way."""
        turn = self.turns[number]
        start, end = turn.start, turn.end
        shift = end_shift = 0
        for edit in self.edits:
            if edit.end < turn.start:
                shift = end_shift = edit.new_end - edit.end
            elif edit.start <= turn.end:
                start, end = min(start, edit.start), max(end, edit.end)
                end_shift = edit.new_end - edit.end
        return start + shift, end + end_shift


def stand(
    old: Sequence[str], new: Sequence[str], found: Sequence[Change], made: Collection[int], now: Sequence[str]
) -> Standing:
    """How the changes `found` from `old` to `new` stand in `now`; those whose numbers are in `made` count as made."""
    expected, turns = _expected(old, new, found, made)
    edits = changes(expected, now)
    fates = [Fate.FREE] * len(turns)
    fixed = [Span(turn.start, turn.end, Change(turn.start, turn.end, i, i), ours=False) for i, turn in enumerate(turns)]
    tight = [Span(edit.start, edit.end, edit, ours=True) for edit in edits]
    for group in touching(fixed + tight):
        numbers, near = _parted(group)
        if near:
            for number in numbers:
                fates[number] = Fate.BLOCKED
    # Edits that only made or unmade changes are known exactly, however they look beside the lines around them.
    for number in _turned(expected, turns, range(len(turns)), (0, len(expected)), now) if edits else ():
        fates[number] = Fate.TURNED
    if Fate.TURNED in fates:
        return Standing(expected, now, edits, turns, fates)
    # An edit that made a change may seem to stand a little above or below it: all places that it could have count.
    loose = [Span(*reach(expected, now, edit), edit, ours=True) for edit in edits]
    for group in touching(fixed + loose):
        numbers, near = _parted(group)
        if numbers and near:
            start, end = extent(group)
            for number in _turned(expected, turns, numbers, (start, end), now[rows(near, start, end)]):
                fates[number] = Fate.TURNED
    return Standing(expected, now, edits, turns, fates)


def _expected(
    old: Sequence[str], new: Sequence[str], found: Sequence[Change], made: Collection[int]
) -> tuple[list[str], list[Turn]]:
    expected: list[str] = []
    turns = []
    at = 0
    for number, change in enumerate(found):
        expected += old[at : change.start]
        before, after = old[change.start : change.end], new[change.new_start : change.new_end]
        here, there = (after, before) if number in made else (before, after)
        turns.append(Turn(len(expected), len(expected) + len(here), there))
        expected += here
        at = change.end
    return expected + list(old[at:]), turns


def _parted(group: Sequence[Span]) -> tuple[list[int], list[Change]]:
    """The numbers of the turns in a group, and the edits in it."""
    return [span.change.new_start for span in group if not span.ours], [span.change for span in group if span.ours]


def _turned(
    expected: Sequence[str],
    turns: Sequence[Turn] | Mapping[int, Turn],
    numbers: Sequence[int],
    extent: tuple[int, int],
    got: Sequence[str],
) -> tuple[int, ...]:
    """Which of these changes, made or unmade, give just the lines that were got for the rows of `extent`; or none."""
    at, end = extent
    ways: dict[int, tuple[int, ...]] = {0: ()}
    for number in numbers:
        turn = turns[number]
        gap, here = expected[at : turn.start], expected[turn.start : turn.end]
        at = turn.end
        further: dict[int, tuple[int, ...]] = {}
        for position, turned in ways.items():
            middle = position + len(gap)
            if got[position:middle] == gap:
                for lines, way in ((here, turned), (turn.lines, (*turned, number))):
                    if got[middle : middle + len(lines)] == lines:
                        further.setdefault(middle + len(lines), way)
        ways = further
    rest = list(expected[at:end])
    return next((way for position, way in ways.items() if list(got[position:]) == rest), ())
