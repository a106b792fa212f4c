"""The names of the tree's files, found in a thread once for a turn and no earlier than they cost nobody anything.

Whoever wants them has them found at once. Whoever may want them later lets them be found in the first pause: a search
for every name beside a quick exchange with the model would make each of its requests wait for the interpreter. Knows
nothing of how names are found.
"""

import asyncio
import contextlib
from collections.abc import Callable

from patchwire.errors import WorkspaceError

PAUSE = 0.03
"""Seconds without a call of `soon` after which nobody is thought to be waiting for us: a model thinks for longer."""


class Names:
    """What `find` returns, once. It runs in a thread."""

    def __init__(self, find: Callable[[], tuple[str, ...]]) -> None:
        self._find = find
        self._found: asyncio.Future[tuple[str, ...]] | None = None
        self._pause: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """Have them found when there is a pause. Call it again when there was none."""
        if self._found is None:
            self._stop_waiting()
            self._pause = asyncio.get_running_loop().call_later(PAUSE, self._begin)

    async def all(self) -> tuple[str, ...]:
        """All of them. Raises WorkspaceError."""
        return await asyncio.shield(self._begin())

    async def forget(self) -> None:
        """Nothing is found any more; the next to ask has them found anew."""
        self._stop_waiting()
        found, self._found = self._found, None
        if found is not None:
            with contextlib.suppress(WorkspaceError):
                await found

    def _begin(self) -> asyncio.Future[tuple[str, ...]]:
        self._stop_waiting()
        if self._found is None:
            self._found = asyncio.ensure_future(asyncio.to_thread(self._find))
            self._found.add_done_callback(_heard)
        return self._found

    def _stop_waiting(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None


def _heard(found: asyncio.Future[tuple[str, ...]]) -> None:
    """A failure is told to who asks; that nobody asked is no failure."""
    if not found.cancelled():
        found.exception()
