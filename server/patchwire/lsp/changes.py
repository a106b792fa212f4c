"""The commands about the pending change: apply, discard, show. What each answers is in docs/lsp.md.

Knows no turn: it is told whom to tell that a root has news.
"""

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patchwire.lsp.applying import Applying, Fate
from patchwire.lsp.client import Client
from patchwire.lsp.documents import Documents
from patchwire.lsp.intake import Argument
from patchwire.lsp.places import Places
from patchwire.lsp.roots import Root
from patchwire.lsp.settings import Wishes

Json = dict[str, Any]
_NOTHING_PENDING: Json = {
    "status": "failed",
    "reason": "nothing_pending",
    "message": "No change is waiting here: there is nothing to apply, discard or show.",
}


@dataclass(slots=True)
class Changes:
    """`changed` is told that a root has news to show."""

    client: Client
    documents: Documents
    wishes: Wishes
    places: Places
    changed: Callable[[Root], None]
    _diffs: tempfile.TemporaryDirectory[str] | None = field(default=None, init=False)

    def close(self) -> None:
        """Remove what was made for the user to look at."""
        if self._diffs is not None:
            self._diffs.cleanup()

    async def apply(self, given: Argument, token: int | str | None) -> Json:
        """Apply the pending change, or a part of it."""
        root = self._waiting(given)
        if root is None or not (ids := root.pending.chosen(given.files, given.hunks)):
            return _NOTHING_PENDING
        applying = Applying(self.client, self.documents, root.pending, saves=self.wishes.saves, confirm=given.confirm)
        fates = await applying.run(ids)
        if not root.pending.waits and root.after is not None and all(fate.state in _TAKEN for fate in fates):
            root.report, root.after = root.after, None
        self._decided(root)
        taken = [fate for fate in fates if fate.state in _TAKEN]
        status = "ok" if len(taken) == len(fates) else "partly" if taken else "failed"
        answer: Json = {
            "status": status,
            "message": _sentence(fates),
            "files": [
                {
                    "path": fate.path,
                    "uri": root.pending.uri(fate.path),
                    "state": fate.state,
                    "message": fate.message,
                }
                for fate in fates
            ],
            "change": root.pending.as_json(),
        }
        if status == "failed":
            answer["reason"] = "conflict" if any(fate.state == "conflict" for fate in fates) else "kept"
        if status != "ok" and not self.client.can.events:
            self.client.show(answer["message"])
        return answer

    async def discard(self, given: Argument, token: int | str | None) -> Json:
        """Drop the pending change, or a part of it."""
        root = self._waiting(given)
        if root is None or not (ids := root.pending.chosen(given.files, given.hunks)):
            return _NOTHING_PENDING
        paths = [file.change.path for file in root.pending.review.files if {part.id for part in file.pending} & ids]
        root.pending.discard(ids)
        self._decided(root)
        return {
            "status": "ok",
            "message": f"Discarded: {', '.join(paths)}.",
            "files": [
                {"path": path, "uri": root.pending.uri(path), "state": "discarded", "message": "Discarded."}
                for path in paths
            ],
            "change": root.pending.as_json(),
        }

    def _decided(self, root: Root) -> None:
        if not root.pending.waits and root.session is not None:
            root.session.decided()
        self.changed(root)

    async def show(self, given: Argument, token: int | str | None) -> Json:
        """Show the pending change as a diff."""
        root = self._waiting(given)
        if root is None or (change := root.pending.as_json()) is None:
            return _NOTHING_PENDING
        diff = root.pending.diff()
        answer: Json = {"status": "ok", "message": "The change as a diff.", "change": change, "diff": diff}
        answer["document"] = self._write(root, diff).as_uri()
        if given.uri is not None and (path := self.places.path(given.uri, root)) is not None:
            answer |= self._sides(root, path)
        if given.open and not await self.client.open(answer["document"]):
            self.client.show(f"The change is in {self._write(root, diff)}")
        return answer

    def _sides(self, root: Root, path: str) -> Json:
        file = root.pending.review.file(path)
        if file is None:
            return {}
        taken = root.pending.taken([part.id for part in file.pending])
        after = next((change.after for change in taken if change.path == file.change.path), file.now)
        return {"before": file.now, "after": after}

    def _write(self, root: Root, diff: str) -> Path:
        """The diff as a file that nobody else can read; it goes when the server does."""
        if self._diffs is None:
            self._diffs = tempfile.TemporaryDirectory(prefix="patchwire-diff-")
        file = Path(self._diffs.name) / f"{root.path.name or 'change'}.diff"
        file.write_text(diff, "utf-8", "surrogateescape", newline="")
        return file

    def _waiting(self, given: Argument) -> Root | None:
        def waits(root: Root) -> bool:
            root.pending.sync()
            return root.pending.waits

        return self.places.only(given, waits)


_TAKEN = frozenset({"applied", "saved", "written"})


def _sentence(fates: Collection[Fate]) -> str:
    """One line on what became of the files: what went well in short, and what did not by name."""
    taken = [fate for fate in fates if fate.state in _TAKEN]
    left = [fate for fate in fates if fate.state not in _TAKEN]
    parts = []
    if taken:
        names = ", ".join(fate.path for fate in taken[:3]) + (f" and {len(taken) - 3} more" if len(taken) > 3 else "")
        parts.append(f"Applied to {names}.")
    if any(fate.state == "applied" for fate in taken):
        parts.append("Save it, so that tests in a terminal see it.")
    parts += [f"{fate.path}: {fate.message}" for fate in left[:3]]
    if len(left) > 3:
        parts.append(f"{len(left) - 3} more files were not applied.")
    return " ".join(parts)
