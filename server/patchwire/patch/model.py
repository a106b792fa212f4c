"""The values of the patch room: `Patch` ⊃ `FilePatch` ⊃ `Hunk` as read from a model, `FileChange` as it came out.

Knows no format, no disk and no encoding: a line is `str` without its line end, a file is `str` with its line ends kept.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a patch does to one file."""

    ADD = "add"
    DELETE = "delete"
    MODIFY = "modify"
    RENAME = "rename"


class Sign(Enum):
    """What a hunk says of one line."""

    CONTEXT = " "
    REMOVED = "-"
    ADDED = "+"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk, without its sign and without its line end."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place in a file, as the model described it.

    `old_start` is the line (from 1) that the model claims the hunk starts at in the old file, None if it claims none;
    `new_start` the same of the new file. `counted` is True where the header's line counts fit the body to the line.
    `headings` are the texts after `@@` that say where to look, outermost first. `at_end` is True where the hunk claims
    to reach the end of the file. `old_newline`/`new_newline` are False where a `\\ No newline at end of file` marker
    says that the old/new file ends without a line end, None where nothing is said.
    """

    lines: tuple[Line, ...]
    old_start: int | None = None
    new_start: int | None = None
    counted: bool = False
    headings: tuple[str, ...] = ()
    at_end: bool = False
    old_newline: bool | None = None
    new_newline: bool | None = None

    @property
    def before(self) -> tuple[str, ...]:
        """The lines that the hunk expects to find."""
        return tuple(line.text for line in self.lines if line.sign is not Sign.ADDED)

    @property
    def after(self) -> tuple[str, ...]:
        """The lines that the hunk wants to leave."""
        return tuple(line.text for line in self.lines if line.sign is not Sign.REMOVED)


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file. `path` is POSIX and relative to the root; for a rename it is the new path.

    `aliases` are other readings of the path (with or without an `a/`), for where there is no file at `path`. An `ADD`
    with an `old_path` is a copy.
    `content` is the whole new text where the format gave one (an added file, a whole-file rewrite); `mode` is the new
    file mode (such as 0o100755) where the patch names one.
    """

    path: str
    kind: Kind
    hunks: tuple[Hunk, ...] = ()
    aliases: tuple[str, ...] = ()
    old_path: str | None = None
    content: str | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Patch:
    """Every file that a patch touches, in the patch's own order."""

    files: tuple[FilePatch, ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A change to one file as it really is: whole texts, line ends kept; None where there is no file or no text.

    For a rename `old_path` is where the file was. `before`/`after` are both None for a change of a binary file.
    """

    path: str
    kind: Kind
    before: str | None
    after: str | None
    old_path: str | None = None
    mode: int | None = None
