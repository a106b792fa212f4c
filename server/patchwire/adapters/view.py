"""What is seen of a tree during a turn: its files and their names, the unsaved buffers over them, what the agent wrote.

And what is hidden from the model, and what the user saved meanwhile. Runs nothing, and holds no lock: the workspace
sees to it that what writes here is alone.
"""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

from patchwire.adapters import drift
from patchwire.adapters.hidden import Hidden
from patchwire.adapters.levels import Level
from patchwire.adapters.listing import Listing
from patchwire.adapters.names import Names
from patchwire.adapters.written import Plain, Written
from patchwire.task import Buffer


class View:
    """A tree at a level of isolation; `private` is a directory of ours."""

    def __init__(self, level: Level, original: Path, private: Path) -> None:
        self.level, self.original = level, original
        self._private = private
        self.written = Written(level.files)
        self.hidden = Hidden()
        self.names = Names(level.names)
        self._buffers: dict[str, bytes] = {}
        self._opened_at = self._looked_at = 0

    def begin(self, stop: threading.Event) -> None:
        """Take the tree as it is now, and forget what the agent wrote. Then call `lay`."""
        self._opened_at = self._looked_at = drift.moment(self._private)
        self.level.begin(stop)
        self.hidden = Hidden.of(self.original)
        self.written = Written(self.level.files)

    async def lay(self, buffers: Sequence[Buffer]) -> None:
        """Lay unsaved buffers over the files: they are the state that changes are measured from."""
        await self.names.forget()
        self._buffers = {
            self.level.roots.locate(buffer.path): buffer.text.encode("utf-8", "surrogatepass") for buffer in buffers
        }
        for path, data in self._buffers.items():
            self.written.put(path, data)

    def is_there(self, path: str) -> bool:
        """Whether a path is a file now."""
        return self.level.files.load(self.level.roots.locate(path)) is not None

    def writable(self, path: str) -> str:
        """Where a write leads. What the model may not see it may not write either: the patch would show it."""
        located = self.level.roots.locate(path)
        self.hidden.check(path, located)
        return located

    async def files(self) -> set[str]:
        """The files that there are now, the agent's included."""
        files = set(await self.names.all()) | set(self._buffers)
        for path, content in self.written.current().items():
            (files.discard if content is None else files.add)(path)
        return files

    async def drifted(self) -> tuple[str, ...]:
        """The paths that the user changed on disk since the beginning."""
        return tuple(await self._changed_since(self._opened_at))

    async def shows_through(self) -> bool:
        """Whether anything that the user saved since this was last asked is seen here, beside the agent's files."""
        if not self.level.live:
            return False
        then, self._looked_at = self._looked_at, await asyncio.to_thread(drift.moment, self._private)
        return bool(await self._changed_since(then))

    async def _changed_since(self, then: int) -> list[str]:
        before = await self.names.all()
        return await asyncio.to_thread(self._changed, then, before)

    def _changed(self, then: int, before: Sequence[str]) -> list[str]:
        root = self.original
        changed = drift.changed_since(root, then, before, Listing(root).shown())
        # A buffer that was saved meanwhile is what we began with.
        return [path for path in changed if path not in self._buffers or not _holds(root / path, self._buffers[path])]

    def restore(self, paths: Sequence[str]) -> None:
        """Make files again what they were before a run wrote to them, where they are not the user's own."""
        if self.level.live:
            return
        written, original = self.written.current(), Plain(self.original)
        for path in paths:
            if path in self._buffers and path not in written:
                self.written.put(path, self._buffers[path])
            else:
                self.level.files.store(path, written[path] if path in written else original.load(path))


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except OSError:
        return False
