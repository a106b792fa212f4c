"""What the server remembers: a connection's latest response of each lane, and the archive of stored responses.

Sans-I/O. The rules are those of the guide: a lane keeps its latest response only; a request that fails evicts the
parent it referenced on its own lane, but not one it wanted to fork from; what is stored outlives the connection.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from patchwire.loopback.model import Item
from patchwire.loopback.refusal import previous_response_not_found


@dataclass(frozen=True, slots=True)
class Kept:
    """A response that can be continued: `context` is all that led to it and its own output items."""

    id: str
    context: tuple[Item, ...]
    response: Item


class Archive:
    """Responses created with `store: true`, over all connections; the oldest go when there are more than `limit`."""

    def __init__(self, limit: int = 10_000) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._limit = limit

    def find(self, response_id: str) -> Kept | None:
        """The stored response, None where there is none."""
        return self._kept.get(response_id)

    def item(self, item_id: str) -> Item | None:
        """An item of some stored response, None where there is none."""
        contexts = (kept.context for kept in reversed(self._kept.values()))
        return next((item for context in contexts for item in context if item.get("id") == item_id), None)

    def keep(self, kept: Kept) -> None:
        """Store a response."""
        self._kept[kept.id] = kept
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def delete(self, response_id: str) -> bool:
        """Forget a response; False where there is none."""
        return self._kept.pop(response_id, None) is not None


class Memory:
    """One connection's memory. Lanes are named by their `stream_id`; None is the default lane.

    `steered` holds by response what its next continuation begins with, `late` the last events of the last response.
    """

    def __init__(self) -> None:
        self._latest: dict[str | None, Kept] = {}
        self.steered: dict[str, tuple[Item, ...]] = {}
        self.late: deque[Item] = deque(maxlen=64)

    def find(self, response_id: str) -> Kept | None:
        """The response, if it is the latest of some lane."""
        return next((kept for kept in self._latest.values() if kept.id == response_id), None)

    def keep(self, lane: str | None, kept: Kept) -> None:
        """A lane has advanced: its former response is forgotten."""
        self.steered.pop(kept.response.get("previous_response_id") or "", None)
        self._latest[lane] = kept

    def evict(self, lane: str | None, response_id: str | None) -> None:
        """A request on this lane failed: forget the parent it referenced, if it is this lane's own."""
        kept = self._latest.get(lane)
        if kept is not None and kept.id == response_id:
            del self._latest[lane]

    def forget(self) -> None:
        """Lose everything."""
        self._latest.clear()
        self.steered.clear()


def parent_of(response_id: str | None, memory: Memory, archive: Archive) -> Kept | None:
    """The parent that a request names, None where it names none. Raises Refusal `previous_response_not_found`."""
    if response_id is None:
        return None
    kept = memory.find(response_id) or archive.find(response_id)
    if kept is None:
        raise previous_response_not_found(response_id)
    return kept
