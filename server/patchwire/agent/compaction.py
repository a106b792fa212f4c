"""Keeps a conversation within its model's window: when it is time, and what must not be lost on the way.

The service compacts (or, where it cannot, old tool outputs are cut); what the model has to know in any case, the task
and the state of the patch, is then said again in plain words. Calls that are open are no part of what is compacted.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from patchwire.errors import ProviderError
from patchwire.ports import Compactor
from patchwire.wire import compaction
from patchwire.wire.conversation import Conversation
from patchwire.wire.items import Item


@dataclass(slots=True)
class Compaction:
    """For one turn. `window` is the model's, in tokens; `reminder` says what the model must still know."""

    conversation: Conversation
    compactor: Compactor
    window: int
    reminder: Callable[[], Awaitable[Item]]
    _tried: bool = field(default=False, init=False)

    async def if_due(self, fresh: int = 0) -> None:
        """Compact before the next request, if it comes near the window's end; `fresh` characters of it are new.

        Where the request after a compaction is as large as before, it is not tried again at once.
        """
        response = self.conversation.response
        due = response is not None and compaction.is_due(response.usage, self.window, fresh)
        if due and not self._tried:
            await self.now()
        self._tried = due

    async def now(self) -> bool:
        """Compact what is settled; False where that would change nothing."""
        settled = self.conversation.settled
        if not settled:
            return False
        try:
            window = compaction.window(
                await self.compactor.compact(compaction.request(self.conversation.settings, settled))
            )
        except ProviderError:
            window = compaction.shortened(settled)
            if window == settled:
                return False
        self.conversation.rebase([*window, await self.reminder()])
        return True
