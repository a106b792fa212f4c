"""The change that waits for the user in one root: what of it is decided, where it stands now, and all that as JSON.

What the user has is asked for path by path and never written here; what they decided is learnt from their texts, so it
does not matter how a part got there. Knows `patch.review` and URIs; no edit and no client.
"""

import contextlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patchwire.errors import PatchRefused
from patchwire.lsp.documents import split
from patchwire.patch import review as reviewing
from patchwire.patch.apply import apply
from patchwire.patch.diff import unified
from patchwire.patch.feedback import told
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.parse import parse
from patchwire.patch.review import File, Place, Review
from patchwire.patch.sensitive import why_sensitive
from patchwire.patch.sequences import changes


@dataclass(slots=True)
class PendingChange:
    """A machine for one root. `read` gives the text of a path as the user has it now (None: no file)."""

    root: Path
    read: Callable[[str], str | None]
    number: int = field(default=0, init=False)
    review: Review = field(default_factory=Review, init=False)

    @property
    def waits(self) -> bool:
        """Whether anything is still pending."""
        return any(file.pending for file in self.review.files)

    @property
    def ids(self) -> set[str]:
        """All parts that are pending."""
        return {part.id for file in self.review.files for part in file.pending}

    @property
    def names(self) -> set[str]:
        """The files that what is pending is about: of a rename both."""
        return {name for file in self.review.files if file.pending for name in (file.change.path, file.source)}

    def replace(self, made: Iterable[FileChange]) -> None:
        """A turn ended: this is the change now. What waited and could not be laid under that turn goes on waiting."""
        fresh = reviewing.review(made)
        stuck = [file for file in self.review.files if any(not place.fits for place in reviewing.places(file))]
        left = tuple(file for file in stuck if fresh.file(file.change.path) is None)
        self.review = Review((*fresh.files, *left))
        self.number += 1
        self.sync()

    def restore(self, patch: str) -> None:
        """What an earlier session left, as far as it still fits what the user has; what does not is in the journal."""
        with contextlib.suppress(PatchRefused):
            self.replace(apply(parse(patch), _Texts(self.read)).changes)

    def sync(self) -> bool:
        """Look at what the user has now; whether that is anything new."""
        before = self.review
        for file in self.review.files:
            change = file.change
            if change.before is None and change.after is None:
                continue
            now = self.read(file.source)
            if now != file.now:
                self.review = reviewing.moved(self.review, file.source, now)
            if change.kind is Kind.RENAME and (there := self.read(change.path)) != file.there:
                self.review = reviewing.moved(self.review, change.path, there)
        return self.review is not before

    def chosen(self, files: Collection[str] | None, hunks: Collection[str] | None) -> set[str]:
        """The pending parts that are meant: those of the files and the hunks that are named; all, if none is."""
        if files is None and hunks is None:
            return self.ids
        return {
            part.id
            for file in self.review.files
            for part in file.pending
            if part.id in (hunks or ()) or {file.change.path, file.source} & set(files or ())
        }

    def discard(self, ids: Collection[str]) -> None:
        """The user turned these parts down."""
        self.review = reviewing.discard(self.review, ids)

    def set_modes(self, path: str) -> None:
        """A file was written with its mode, which no text can tell."""
        file = self.review.file(path)
        if file is not None and file.change.mode is not None:
            self.review = reviewing.accept(self.review, [part.id for part in file.pending if part.whole])

    def taken(self, ids: Collection[str]) -> tuple[FileChange, ...]:
        """What to write, from the texts as they are now, to take these parts; what does not fit is left out."""
        return reviewing.taken(self.review, ids)

    def texts(self) -> list[tuple[str, str | None]]:
        """What waits, laid over the texts as they are now; for the next turn to begin with."""
        return reviewing.pending(self.review)

    def uri(self, path: str) -> str:
        """The URI of a path of this root."""
        return (self.root / path).as_uri()

    # ---- for people and clients

    def as_json(self) -> dict[str, Any] | None:
        """The change as docs/lsp.md has it; None if nothing waits."""
        files = [_file(self, file) for file in self.review.files if file.pending]
        if not files:
            return None
        return {
            "id": str(self.number),
            "files": files,
            "added": sum(file["added"] for file in files),
            "removed": sum(file["removed"] for file in files),
        }

    def diff(self) -> str:
        """What waits as one text. A part that does not fit is shown as it was made."""
        out = []
        for file in self.review.files:
            if not file.pending:
                continue
            change = file.change
            fits = self.taken([part.id for part in file.pending])
            shown = next((found for found in fits if found.path == change.path), change)
            if shown.before is None and shown.after is None:
                out.append(f"Binary file {change.path} differs\n")
            old = change.old_path if change.kind is Kind.RENAME else None
            out.append(unified(shown.before, shown.after, change.path, old_path=old))
        return "".join(out)

    def since(self, changed: Collection[str]) -> str:
        """What has become of the change, in words for the model. `changed` are files that are not as they were."""
        lines = [told(self.review)] if self.review.files else []
        mine = {name for file in self.review.files for name in (file.change.path, file.source)}
        lines += [f"- {path}: the user changed it." for path in sorted(set(changed) - mine)]
        return "\n".join([*lines, "Read a file again before you change it."]) if lines else ""


class _Texts(Mapping[str, str]):
    """The user's texts, read as they are asked for."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read

    def __getitem__(self, path: str) -> str:
        if (text := self._read(path)) is None:
            raise KeyError(path)
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _file(pending: PendingChange, file: File) -> dict[str, Any]:
    change = file.change
    hunks = [_hunk(file, place) for place in reviewing.places(file)]
    moved = change.old_path if change.kind is Kind.RENAME else None
    return {
        "path": change.path,
        "uri": pending.uri(change.path),
        "oldPath": moved,
        "oldUri": pending.uri(moved) if moved is not None else None,
        "kind": change.kind.value,
        "sensitive": why_sensitive(change.path),
        "conflict": _conflict(hunks),
        "binary": change.before is None and change.after is None,
        "added": sum(hunk["added"] for hunk in hunks),
        "removed": sum(hunk["removed"] for hunk in hunks),
        "hunks": hunks,
    }


def _conflict(hunks: list[dict[str, Any]]) -> str | None:
    stuck = sum(not hunk["fits"] for hunk in hunks)
    if not stuck:
        return None
    what = "this change" if len(hunks) == 1 else f"{stuck} of {len(hunks)} changes"
    return f"You edited the lines of {what} meanwhile: it can be discarded, or taken from the diff by hand."


def _hunk(file: File, place: Place) -> dict[str, Any]:
    now = file.now or ""
    rows = io.StringIO(now, newline="\n").readlines()
    if place.part.whole:
        old, new = file.now or "", place.text or ""
        start = end = 0
    else:
        old, new = "".join(rows[place.start : place.end]), place.text or ""
        start, end = (_line(now, rows, row) for row in (place.start, place.end))
    old_lines, new_lines = split(old), split(new)
    found = changes(old_lines, new_lines)
    return {
        "id": place.part.id,
        "fits": place.fits,
        "range": {"start": {"line": start, "character": 0}, "end": {"line": end, "character": 0}},
        "old": old,
        "new": new,
        "added": sum(change.new_end - change.new_start for change in found),
        "removed": sum(change.end - change.start for change in found),
    }


def _line(text: str, rows: list[str], row: int) -> int:
    """The editor's line of a row: rows end at `\\n` alone, the editor's lines at `\\r`, too."""
    return len(split("".join(rows[:row]))) if "\r" in text else row
