"""The oracle's record: what every request really meant to the server, to be held against what the client believes."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from patchwire.loopback.model import Item


@dataclass(frozen=True, slots=True)
class Exchange:
    """One create. `body` is as it came, `context` the whole logical context that it led to (without the output).

    `connection` counts upgrades from 1, 0 is HTTP. `status` is that of the response (`completed`, `failed`,
    `incomplete`), or `in_progress` while it runs, `lost` where the connection ended before it, `refused` where
    there was none; then `error` says why and `response_id` is None. `difference` says where the client believes
    something else, as far as it has said what it believes.
    """

    connection: int
    lane: str | None
    body: Item
    context: tuple[Item, ...] = ()
    response_id: str | None = None
    output: tuple[Item, ...] = ()
    status: str = "in_progress"
    error: Item | None = None
    difference: str | None = None


class Record:
    """The exchanges in the order in which they began; the oldest go when there are more than `limit`."""

    def __init__(self, limit: int = 10_000) -> None:
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._limit = limit
        self._next = 0

    def begin(self, exchange: Exchange) -> int:
        """Write one down; the number that it is ended by."""
        self._next += 1
        self._exchanges[self._next] = exchange
        if len(self._exchanges) > self._limit:
            self._exchanges.popitem(last=False)
        return self._next

    def end(self, number: int, status: str, *, output: tuple[Item, ...] = (), error: Item | None = None) -> None:
        """Say how it ended."""
        if number in self._exchanges:
            self._exchanges[number] = replace(self._exchanges[number], status=status, output=output, error=error)

    def doubt(self, response_id: str, compare: Callable[[Exchange], str | None]) -> Exchange | None:
        """Let the client's view of a response be compared; what came of it, None where there is no such response."""
        for number, exchange in reversed(self._exchanges.items()):
            if exchange.response_id == response_id:
                self._exchanges[number] = replace(exchange, difference=compare(exchange))
                return self._exchanges[number]
        return None

    def lose(self, number: int) -> None:
        """If it has not ended by now, it never will."""
        if number in self._exchanges and self._exchanges[number].status == "in_progress":
            self.end(number, "lost")

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them, as they stand."""
        return tuple(self._exchanges.values())
