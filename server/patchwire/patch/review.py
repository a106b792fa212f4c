"""A pending change as the user reviews it: files and their parts, each pending, accepted or discarded.

Knows no editor and no disk: it is told each text as the user has it now, and says what that text becomes. All that the
user wrote stays: a part that overlaps or touches it cannot be taken. A part that turns up in the user's text counts as
accepted, however it got there, and one of which something is undone is pending again.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from patchwire.patch.document import whole_lines
from patchwire.patch.merge import merge
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.sequences import Change, changes
from patchwire.patch.standing import Fate, Standing, stand

_NEAR = 2


class Decision(Enum):
    """What the user decided on a part."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to decide on: a hunk, or what a change does to the file as a whole.

    `numbers` are the hunk's changes among those of the file; none for the whole: created, deleted, renamed, binary,
    or its mode. `id` comes from what the part does, so that it stays the same from change to change.
    """

    id: str
    numbers: range
    decision: Decision = Decision.PENDING

    @property
    def whole(self) -> bool:
        """Whether this is about the file rather than about lines in it."""
        return not self.numbers


@dataclass(frozen=True, slots=True)
class File:
    """One file's change and what became of it.

    `now` is the user's text where the file was before the change (None: no file), `there` the one at the new name of a
    renamed file. `made` are the numbers of those `changes` of lines that are in the user's text.
    """

    change: FileChange
    changes: tuple[Change, ...]
    parts: tuple[Part, ...]
    now: str | None
    there: str | None = None
    made: frozenset[int] = frozenset()

    @property
    def source(self) -> str:
        """Where the file was before the change."""
        return (self.change.kind is Kind.RENAME and self.change.old_path) or self.change.path

    @property
    def pending(self) -> tuple[Part, ...]:
        """The parts that the user has not decided on."""
        return tuple(part for part in self.parts if part.decision is Decision.PENDING)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pending part stands in the user's text: rows from 0, the end not included, that it makes to `text`.

    `fits` is False where edits of the user are in the way; the rows cover them. A part about the whole file is at 0, 0.
    """

    part: Part
    fits: bool
    start: int
    end: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """A change as it stands with the user, file by file in the change's own order."""

    files: tuple[File, ...] = ()

    def file(self, path: str) -> File | None:
        """The file at a path, be it the old or the new one; None if the change does not touch it."""
        return next((file for file in self.files if path in (file.change.path, file.source)), None)


def review(found: Iterable[FileChange]) -> Review:
    """These changes, nothing decided, on texts that are as they were when the changes were made."""
    return Review(tuple(_file(change) for change in found))


def accept(current: Review, ids: Collection[str]) -> Review:
    """The review after these parts were taken into the user's texts; a part that does not fit stays pending.

    Whoever writes what `taken` says need not call this: the text that comes of it tells (`moved`).
    """
    return Review(tuple(_accepted(file, ids) for file in current.files))


def discard(current: Review, ids: Collection[str]) -> Review:
    """The review after the user turned these parts down. What is accepted stays so: taking it back is an edit."""
    files = []
    for file in current.files:
        gone = {part.id for part in file.pending if part.id in ids}
        files.append(_decided(file, gone, Decision.DISCARDED) if gone else file)
    return Review(tuple(files))


def moved(current: Review, path: str, text: str | None) -> Review:
    """The review after the user's text at a path became `text` (None: no file), in whatever way."""
    return Review(tuple(_moved(file, path, text) for file in current.files))


def taken(current: Review, ids: Collection[str]) -> tuple[FileChange, ...]:
    """What to write to take these parts, from each text as it is now; what does not fit is left out."""
    found = (_taken(file, ids) for file in current.files)
    return tuple(change for change in found if change is not None)


def pending(current: Review) -> list[tuple[str, str | None]]:
    """The texts with all that is pending and fits; None is no file. Modes and binary content cannot be told so."""
    out: list[tuple[str, str | None]] = []
    for change in taken(current, [part.id for file in current.files for part in file.pending]):
        if change.kind is Kind.RENAME and change.old_path is not None and not _binary(change):
            out += [(change.old_path, None), (change.path, change.after)]
        elif change.before != change.after:
            out.append((change.path, change.after))
    return out


def places(file: File) -> list[Place]:
    """Where the file's pending parts stand in the user's text."""
    standing = standing_of(file)
    fit = fitting(file, standing)
    return [_place(file, standing, part, fits=part.id in fit) for part in file.pending]


def standing_of(file: File) -> Standing | None:
    """How the changes of lines stand; None where there are none, or no file."""
    if not file.changes or file.now is None:
        return None
    old, new = whole_lines(file.change.before or ""), whole_lines(file.change.after or "")
    return stand(old, new, file.changes, file.made, whole_lines(file.now))


def fitting(file: File, standing: Standing | None) -> set[str]:
    """The pending parts that can be taken; `standing` is that of the file."""
    free = {i for i, fate in enumerate(standing.fates) if fate is Fate.FREE} if standing else set()
    return {
        part.id
        for part in file.pending
        if (_whole_fits(file) if part.whole else free.issuperset(set(part.numbers) - file.made))
    }


def _place(file: File, standing: Standing | None, part: Part, *, fits: bool) -> Place:
    if part.whole or standing is None:
        return Place(part, fits, 0, 0, file.change.after)
    spots = [
        (*standing.place(number), standing.turns[number].lines) for number in part.numbers if number not in file.made
    ]
    lines: list[str] = []
    at = spots[0][0]
    for start, end, new in spots:
        lines += [*standing.now[at:start], *new]
        at = max(at, end)
    return Place(part, fits, spots[0][0], at, "".join(lines))


def _file(change: FileChange) -> File:
    found: list[Change] = []
    parts: list[Part] = []
    before, after = change.before, change.after
    if change.kind is Kind.MODIFY and before is not None and after is not None:
        old, new = whole_lines(before), whole_lines(after)
        found = changes(old, new)
        parts = _hunks(change.path, old, new, found)
    if not parts or change.mode is not None:
        parts.append(
            Part(_id(change.path, map(repr, (change.kind, change.old_path, change.mode, before, after))), range(0))
        )
    return File(change, tuple(found), tuple(parts), before)


def _hunks(path: str, old: Sequence[str], new: Sequence[str], found: Sequence[Change]) -> list[Part]:
    """The changes as parts; those with hardly a line between are one."""
    firsts = [i for i, change in enumerate(found) if i == 0 or change.start - found[i - 1].end > _NEAR]
    seen: Counter[str] = Counter()
    parts = []
    for first, last in zip(firsts, [*firsts, len(found)][1:], strict=True):
        gone = old[found[first].start : found[last - 1].end]
        come = new[found[first].new_start : found[last - 1].new_end]
        name = _id(path, ("-", *gone, "+", *come))
        seen[name] += 1
        parts.append(Part(f"{name}.{seen[name]}", range(first, last)))
    return parts


def _id(path: str, texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join((path, *texts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _decided(file: File, ids: Collection[str], decision: Decision) -> File:
    parts = (replace(part, decision=decision) if part.id in ids else part for part in file.parts)
    return replace(file, parts=tuple(parts))


def _whole_fits(file: File) -> bool:
    if file.change.kind is Kind.MODIFY or _binary(file.change):
        return _binary(file.change) or file.now is not None
    if file.change.kind is Kind.RENAME:
        return file.there is None and _renamed(file) is not None
    return file.now == file.change.before


def _renamed(file: File) -> str | None:
    """The user's text with a renamed file's changes; None if they collide, or there is no file."""
    if file.now is None:
        return None
    return merge(file.change.before or "", file.now, file.change.after or "").text


def _accepted(file: File, ids: Collection[str]) -> File:
    standing = standing_of(file)
    ids = fitting(file, standing).intersection(ids)
    if not ids:
        return file
    change = file.change
    if change.kind is Kind.RENAME:
        file = replace(file, now=None, there=_renamed(file))
    elif change.kind is not Kind.MODIFY:
        file = replace(file, now=change.after)
    elif standing is not None:
        new = {i for part in file.parts if part.id in ids for i in part.numbers} - file.made
        file = replace(file, now=standing.turned(new), made=file.made | new)
    return _decided(file, ids, Decision.ACCEPTED)


def _taken(file: File, ids: Collection[str]) -> FileChange | None:
    done = _accepted(file, ids)
    if done is file:
        return None
    change = file.change
    whole = any(part.whole and part not in done.parts for part in file.parts)
    return replace(
        change,
        before=file.now,
        after=done.there if change.kind is Kind.RENAME else done.now,
        mode=change.mode if whole else None,
    )


def _moved(file: File, path: str, text: str | None) -> File:
    if path not in (file.source, file.change.path):
        return file
    standing = standing_of(file)
    if standing is not None and text is not None:
        file = replace(file, made=file.made.symmetric_difference(standing.led_to(whole_lines(text))))
    file = replace(file, now=text) if path == file.source else replace(file, there=text)
    standing = standing_of(file)
    if standing is not None:
        file = replace(file, made=file.made ^ {i for i, fate in enumerate(standing.fates) if fate is Fate.TURNED})
    return replace(file, parts=tuple(replace(part, decision=_learnt(file, part)) for part in file.parts))


def _learnt(file: File, part: Part) -> Decision:
    """The decision on a part as the user's text tells it."""
    if part.decision is Decision.DISCARDED:
        return part.decision
    accepted = part.decision is Decision.ACCEPTED
    if not part.whole:
        return Decision.ACCEPTED if file.made.issuperset(part.numbers) else Decision.PENDING
    if _whole_undone(file) if accepted else _whole_done(file):
        return Decision.PENDING if accepted else Decision.ACCEPTED
    return part.decision


def _binary(change: FileChange) -> bool:
    return change.before is None and change.after is None


def _whole_done(file: File) -> bool:
    """Whether the user's files are as the change as a whole leaves them."""
    change = file.change
    if change.kind is Kind.RENAME:
        return not _binary(change) and (file.now, file.there) == (None, change.after)
    return change.before != change.after and file.now == change.after


def _whole_undone(file: File) -> bool:
    """Whether the user's files are as they were before the change as a whole."""
    change = file.change
    if change.kind is Kind.RENAME:
        return file.there is None and file.now is not None
    return change.before != change.after and file.now == change.before
