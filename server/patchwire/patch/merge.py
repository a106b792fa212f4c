"""Two texts that began as the same one → one text with the changes of both, or the regions where they collide.

A three-way merge by lines, as cautious as git's: changes that overlap or touch collide unless both sides made the same
one. Knows no file and nobody's name: `ours` and `theirs` are treated alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from patchwire.patch.document import whole_lines
from patchwire.patch.sequences import Change, changes, reach


@dataclass(frozen=True, slots=True)
class Conflict:
    """A region that both sides changed, differently: its text on each side, and the line (from 1) where it begins."""

    base: str
    ours: str
    theirs: str
    base_line: int
    our_line: int
    their_line: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge came to, in order: texts that are settled, and conflicts."""

    pieces: tuple[str | Conflict, ...]

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The regions that somebody has to decide on; none if the merge is clean."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Conflict))

    @property
    def text(self) -> str | None:
        """The merged text; None if there are conflicts."""
        texts = [piece for piece in self.pieces if isinstance(piece, str)]
        return "".join(texts) if len(texts) == len(self.pieces) else None

    def marked(self, ours: str = "ours", base: str = "base", theirs: str = "theirs") -> str:
        """The text with each conflict between git's markers (style diff3), under these names."""
        settled = [piece for piece in self.pieces if isinstance(piece, str)]
        texts = [*settled, *(text for conflict in self.conflicts for text in (conflict.base, conflict.ours))]
        end = "\r\n" if any("\r\n" in text for text in texts) else "\n"
        out = []
        for piece in self.pieces:
            if isinstance(piece, str):
                out.append(piece)
                continue
            for mark, text in (
                (f"<<<<<<< {ours}", piece.ours),
                (f"||||||| {base}", piece.base),
                ("=======", piece.theirs),
                (f">>>>>>> {theirs}", ""),
            ):
                out += [mark, end, text, "" if text[-1:] in ("", "\n") else end]
        return "".join(out)


@dataclass(frozen=True, slots=True)
class Span:
    """One side's change and the rows of the base that it may touch."""

    start: int
    end: int
    change: Change
    ours: bool


def touching(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """The spans in order, those together that overlap or touch."""
    group: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if group and span.start > end:
            yield group
            group = []
        end = max(end, span.end) if group else span.end
        group.append(span)
    if group:
        yield group


def merge(base: str, ours: str, theirs: str) -> Merged:
    """The changes from `base` to `ours` and from `base` to `theirs` together."""
    return Merged(tuple(_pieces(whole_lines(base), whole_lines(ours), whole_lines(theirs))))


def _pieces(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[str | Conflict]:
    sides = ((ours, True), (theirs, False))
    spans = [
        Span(*reach(base, new, change), change, is_ours) for new, is_ours in sides for change in changes(base, new)
    ]
    at = 0
    for wide in touching(spans):
        # What can slide is looked at together first: both sides may have put the same lines at different ends.
        groups = [wide]
        if isinstance(_settled(base, ours, theirs, wide), Conflict):
            groups = list(touching(Span(s.change.start, s.change.end, s.change, s.ours) for s in wide))
        for group in groups:
            start, end = extent(group)
            yield "".join(base[at:start])
            yield _settled(base, ours, theirs, group)
            at = end
    yield "".join(base[at:])


def extent(group: Sequence[Span]) -> tuple[int, int]:
    """The rows of the base that a group of spans covers."""
    return group[0].start, max(span.end for span in group)


def rows(found: Sequence[Change], start: int, end: int) -> slice:
    """The rows of the new text that stand for the base's rows `start` to `end`, between which `found` changed it."""
    first, last = min(found, key=lambda c: c.start), max(found, key=lambda c: c.end)
    return slice(first.new_start - (first.start - start), last.new_end + (end - last.end))


def _settled(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], group: Sequence[Span]) -> str | Conflict:
    start, end = extent(group)
    left = [span.change for span in group if span.ours]
    right = [span.change for span in group if not span.ours]
    if not right:
        return "".join(ours[rows(left, start, end)])
    if not left:
        return "".join(theirs[rows(right, start, end)])
    our, their = rows(left, start, end), rows(right, start, end)
    if ours[our] == theirs[their]:
        return "".join(ours[our])
    old, mine, other = ("".join(lines) for lines in (base[start:end], ours[our], theirs[their]))
    return Conflict(old, mine, other, start + 1, our.start + 1, their.start + 1)
