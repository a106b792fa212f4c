"""A hunk's place in a file, as a value, and the hunk in the forms that the search for a place compares.

Decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from patchwire.patch.document import loose, stripped
from patchwire.patch.indent import KEEP, Reindent
from patchwire.patch.model import Hunk, Sign


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hunk goes. `rows` holds, for each line the hunk expects, the file's line (from 0), -1 if it is not there.

    `start` and `end` enclose the file's lines that the hunk speaks of. `reindent` is how the hunk's indentation differs
    from the file's. `cost` counts the differences that were overlooked. `already` is True where the file has the hunk's
    change already. `spots`, where there are any, are the lines that each run of changes begins at.
    `rest` is what is left to do of a hunk that the file has in part; `rows` are then of its lines.
    """

    start: int
    end: int
    rows: Sequence[int] = ()
    already: bool = False
    reindent: Reindent = KEEP
    cost: float = 0.0
    spots: Sequence[int] = ()
    rest: Hunk | None = None


@dataclass(slots=True)
class Search:
    """A hunk on its way to its place. `found` are the places that are left."""

    number: int
    hunk: Hunk
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    found: list[Place] = field(default_factory=list)

    @classmethod
    def of(cls, number: int, hunk: Hunk) -> "Search":
        """The search for a hunk's place, its sides in their loose form."""
        return cls(number, hunk, [loose(x) for x in hunk.before], [loose(x) for x in hunk.after])

    @property
    def bare(self) -> list[str]:
        """The lines the hunk expects, without their indentation."""
        return [stripped(line) for line in self.before]

    @property
    def keeps(self) -> list[bool]:
        """For each line the hunk expects, whether it stays."""
        return [line.sign is Sign.CONTEXT for line in self.hunk.lines if line.sign is not Sign.ADDED]

    @property
    def adds_text(self) -> bool:
        """Whether the hunk adds a line that is not blank."""
        return any(line.sign is Sign.ADDED and line.text.strip() for line in self.hunk.lines)
