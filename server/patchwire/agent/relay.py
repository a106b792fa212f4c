"""Progress on its way out: told soon and in order, but never between an answer and the request that follows it.

Whoever listens (a terminal, an editor, the journal) takes time, and the model would be waiting for it. So they are told
when the loop has nothing better to do, which is when the next request has been written.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from patchwire.task import Progress


@dataclass(slots=True)
class Relay:
    """Hands each piece of progress to every listener, in their order. At the end, `flush`."""

    listeners: tuple[Callable[[Progress], None], ...]
    _waiting: deque[Progress] = field(default_factory=deque, init=False)
    _called: bool = field(default=False, init=False)

    def tell(self, progress: Progress) -> None:
        """Something happened."""
        self._waiting.append(progress)
        if not self._called:  # not "if nothing waits": a listener that fails leaves what came after it
            asyncio.get_running_loop().call_soon(self.flush)
            self._called = True

    def flush(self) -> None:
        """Tell what has not been told, now."""
        self._called = False
        while self._waiting:
            progress = self._waiting.popleft()
            for listener in self.listeners:
                listener(progress)
