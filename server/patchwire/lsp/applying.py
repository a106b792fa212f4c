"""Applies chosen parts of the pending change: open documents through the editor, other files on the disk.

Whether something was applied is read from the document or the disk. Nothing is taken over what the user wrote: an edit
names the version that it was made from, a file is checked before it is replaced, and whatever does not get there goes
on waiting. Knows no turn and no model.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from patchwire.adapters.tree import accept
from patchwire.errors import WorkspaceError
from patchwire.lsp.client import Abilities
from patchwire.lsp.documents import Documents
from patchwire.lsp.edits import Planned, can_carry, workspace_edit
from patchwire.lsp.pending import PendingChange
from patchwire.patch.diff import Encoding
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.review import Decision, File
from patchwire.patch.sensitive import why_sensitive

TRIES = 3
"""So often an edit is made anew because the user was typing."""
PATIENCE_SECONDS = 2.0
"""How long after its answer the client may take to show us what it did; to save, half of that."""
_APPLY, _LEAVE = "Apply", "Leave out"


class Editor(Protocol):
    """What is asked of the client."""

    can: Abilities

    async def apply(self, edit: Any, label: str) -> tuple[bool, str]:
        """Ask for an edit: whether the client says it was applied, and why not."""

    async def choose(self, question: str, *answers: str, warning: bool = False) -> str | None:
        """Ask the user to choose."""

    async def save(self, uris: Sequence[str]) -> None:
        """Have documents saved."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one file: a state of docs/lsp.md, and a sentence."""

    path: str
    state: str
    message: str


@dataclass(slots=True)
class Applying:
    """One request to apply. `saves`: what is applied shall be on the disk; `confirm`: the user confirms every edit."""

    editor: Editor
    documents: Documents
    pending: PendingChange
    saves: bool = True
    confirm: bool = False
    patience: float = PATIENCE_SECONDS
    _refused: dict[str, str] = field(default_factory=dict, init=False)
    """Why the editor, the user or the disk did not take a file."""
    _by_editor: set[str] = field(default_factory=set, init=False)
    """Paths that went through the editor."""

    async def run(self, ids: Collection[str]) -> list[Fate]:
        """Apply these parts; what became of each file that they are of."""
        self.pending.sync()
        wanted = [file.change.path for file in self.pending.review.files if _pending_of(file, ids)]
        await self._ask_about_sensitive(ids)
        for _ in range(TRIES):
            plans = [plan for plan in self._plans(ids) if self._goes_by_editor(plan)]
            if not plans or not await self._by_edit(plans, ids):
                break
        for _ in range(TRIES):
            changes = [plan.change for plan in self._plans(ids) if not self._goes_by_editor(plan)]
            if not changes or await self._by_disk(changes):
                break
        self.pending.sync()
        await self._set_modes(ids)
        unsaved = await self._save(ids)
        return [self._fate(file, ids, unsaved) for file in self.pending.review.files if file.change.path in wanted]

    # ---- what goes where

    def _plans(self, ids: Collection[str]) -> list[Planned]:
        """What is still to be done for these parts, from the texts as they are now."""
        self.pending.sync()
        return [self._plan(change) for change in self.pending.taken(ids) if change.path not in self._refused]

    def _plan(self, change: FileChange) -> Planned:
        old = change.old_path if change.kind is Kind.RENAME and change.old_path is not None else change.path
        uri, new_uri = self.pending.uri(old), self.pending.uri(change.path)
        document = self.documents.get(uri)
        why = why_sensitive(change.path) or ""
        return Planned(
            change,
            document.uri if document is not None else uri,
            document.uri if document is not None and old == change.path else new_uri,
            document.version if document is not None else None,
            ask=self.confirm or bool(why),
            why=why,
        )

    def _goes_by_editor(self, plan: Planned) -> bool:
        """Open documents do; others where they are to stand in the editor, or to be confirmed there."""
        change = plan.change
        if not can_carry(change, self.editor.can) or (change.mode is not None and change.before == change.after):
            return False
        return plan.version is not None or not self.saves or (plan.ask and self.editor.can.annotations)

    async def _ask_about_sensitive(self, ids: Collection[str]) -> None:
        """Where the editor cannot ask for a confirmation inside an edit, ask before it."""
        for plan in self._plans(ids):
            by_preview = self._goes_by_editor(plan) and self.editor.can.annotations
            if plan.why and not by_preview:
                question = f"{plan.change.path}: {plan.why}. Apply the change to it?"
                if await self.editor.choose(question, _APPLY, _LEAVE, warning=True) != _APPLY:
                    self._refused[plan.change.path] = "You left it out; it still waits."

    # ---- the editor

    async def _by_edit(self, plans: Sequence[Planned], ids: Collection[str]) -> bool:
        """Ask the editor; whether to try again, because some documents were not what they had been."""
        self._by_editor.update(plan.change.path for plan in plans)
        encoding: Encoding = self.documents.encoding  # type: ignore[assignment]  # negotiated: one of the three
        edit = workspace_edit(plans, self.editor.can, encoding)
        said, why = await self.editor.apply(edit, "Patchwire")
        await self._until(lambda: not self._open_parts(plans, ids), self.patience if said else 0.0)
        missing = self._open_parts(plans, ids)
        moved = [
            plan for plan in plans if plan.change.path in missing and self._plan(plan.change).version != plan.version
        ]
        if missing and moved and self.editor.can.document_changes:
            return True
        for path in missing:
            reason = f": {why}" if why else ""
            self._refused[path] = f"The editor did not take it{reason}; it still waits."
        return False

    def _open_parts(self, plans: Sequence[Planned], ids: Collection[str]) -> set[str]:
        """The paths of which something is not yet seen to be applied."""
        self.pending.sync()
        paths = {plan.change.path for plan in plans}
        return {
            file.change.path
            for file in self.pending.review.files
            if file.change.path in paths and _pending_of(file, ids)
        }

    async def _until(self, done: Any, seconds: float) -> bool:
        """Wait until `done`, looked at again whenever a document changes; whether it was in time."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            await self.documents.wait(min(left, 0.25))
        return True

    # ---- the disk

    async def _by_disk(self, changes: Sequence[FileChange]) -> bool:
        """Write; whether that is the end of it. A file that changed at the last moment is looked at again."""
        for change in changes:
            try:
                await asyncio.to_thread(accept, self.pending.root, [change])
                self.pending.set_modes(change.path)
            except WorkspaceError as error:
                before = self.pending.review
                if self.pending.sync() and self.pending.review is not before:
                    return False
                self._refused[change.path] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return True

    async def _set_modes(self, ids: Collection[str]) -> None:
        """What no edit can do: the modes of files that went through the editor."""
        for file in self.pending.review.files:
            change, text = file.change, _text_on_disk(self.pending.root / file.change.path)
            if change.mode is None or change.path not in self._by_editor or _pending_of(file, ids) or text is None:
                continue
            same = FileChange(change.path, Kind.MODIFY, text, text, mode=change.mode)
            with contextlib.suppress(WorkspaceError):
                await asyncio.to_thread(accept, self.pending.root, [same])

    async def _save(self, ids: Collection[str]) -> set[str]:
        """Have what stands in the editor saved; the paths that are not on the disk."""
        paths = {
            file.change.path
            for file in self.pending.review.files
            if file.change.path in self._by_editor and file.change.after is not None and not _pending_of(file, ids)
        }
        if not self.saves:
            return paths
        unsaved = {path for path in paths if not self._on_disk(path)}
        if unsaved:
            await self.editor.save([self._uri(path) for path in sorted(unsaved)])
            wait = self.patience / 2 if self.editor.can.saves or self.editor.can.annotations else 0.0
            await self._until(lambda: all(map(self._on_disk, unsaved)), wait)
        return {path for path in unsaved if not self._on_disk(path)}

    def _uri(self, path: str) -> str:
        document = self.documents.get(self.pending.uri(path))
        return document.uri if document is not None else self.pending.uri(path)

    def _on_disk(self, path: str) -> bool:
        """Whether the file holds what the editor shows; marks of encodings apart."""
        document = self.documents.get(self.pending.uri(path))
        text = _text_on_disk(self.pending.root / path)
        return text is not None and (document is None or text.removeprefix("\ufeff") == document.text)

    # ---- the answer

    def _fate(self, file: File, ids: Collection[str], unsaved: Collection[str]) -> Fate:
        path = file.change.path
        left = _pending_of(file, ids)
        if not left:
            if path not in self._by_editor:
                return Fate(path, "written", "Written to the disk.")
            if path not in unsaved:
                return Fate(path, "saved", "Applied and saved.")
            return Fate(path, "applied", "Applied; save it, so that tests in a terminal see it.")
        if path in self._refused:
            return Fate(path, "kept", self._refused[path])
        if file.change.before is None and file.change.after is None:
            return Fate(path, "kept", "It is binary: take it from the diff with `git apply --binary`.")
        done = any(part.id in ids and part.decision is Decision.ACCEPTED for part in file.parts)
        some = "The rest was applied, but y" if done else "Y"
        return Fate(path, "conflict", f"{some}ou edited lines of the change meanwhile: discard it, or take it by hand.")


def _text_on_disk(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _pending_of(file: File, ids: Collection[str]) -> list[str]:
    return [part.id for part in file.pending if part.id in ids]
