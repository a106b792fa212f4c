"""Has the client watch the files that a pending change is about, while it waits: whoever changes one need not open it.

Those files and no others: an editor may have to watch every directory for a wider pattern. Knows the client's
registrations and no change.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

File = tuple[Path, str]
"""A root, and a path in it."""


class Watches(Protocol):
    """Who watches."""

    async def watch(self, name: str, files: Iterable[File]) -> None:
        """Tell of changes to these files from now on."""

    async def unwatch(self, name: str) -> None:
        """No longer tell of those that were named so."""


@dataclass(slots=True)
class Watching:
    """A machine: `these` says what is to be watched, which becomes so one step after another, the latest last."""

    client: Watches
    _wanted: frozenset[File] = field(default=frozenset(), init=False)
    _watched: frozenset[File] = field(default=frozenset(), init=False)
    _number: int = field(default=0, init=False)
    _working: asyncio.Task[None] | None = field(default=None, init=False)

    def these(self, files: Iterable[File]) -> None:
        """These files, instead of those before."""
        self._wanted = frozenset(files)
        if self._wanted != self._watched and (self._working is None or self._working.done()):
            self._working = asyncio.ensure_future(self._work())

    def close(self) -> None:
        """The client is going."""
        if self._working is not None:
            self._working.cancel()

    async def _work(self) -> None:
        while (wanted := self._wanted) != self._watched:
            before = f"patchwire-{self._number}" if self._watched else None
            if wanted:
                self._number += 1
                await self.client.watch(f"patchwire-{self._number}", sorted(wanted))
            if before is not None:
                await self.client.unwatch(before)
            self._watched = wanted
