"""What the server is to do wrong, and when. Values only, but for `disturb`, which does it to a stream of events.

A request fault is addressed by the number of the create (from 1, over all connections and POSTs), a connection fault
by the number of the upgrade. A new fault is a new value here, one branch where it strikes, and a test.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field

from patchwire.loopback.model import Item


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends after so many events of the response; with a close code, or (None) without a goodbye.

    `after=0` drops it when the create has come in and before anything was done.
    """

    after: int = 0
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """As `Drop`, and the server stops listening: every later attempt to connect is refused."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """After so many events nothing comes for so many seconds (None: for ever); pings are still answered."""

    after: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The create is answered by an error frame (over HTTP: by that status)."""

    status: int
    code: str | None = None
    message: str = "The server had an error while processing your request."
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forget:
    """The connection's memory is lost just before this create is looked up."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The upgrade is answered by this HTTP status."""

    status: int
    code: str | None = None
    message: str = "The server refused the connection."
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slam:
    """The upgrade is accepted and closed at once."""

    code: int = 1008


RequestFault = Drop | Gone | Silence | Fail | Forget
ConnectionFault = Refuse | Slam


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that goes wrong. What is named by number goes before what happens every time."""

    requests: Mapping[int, RequestFault] = field(default_factory=dict)
    connections: Mapping[int, ConnectionFault] = field(default_factory=dict)
    every_request: RequestFault | None = None
    every_connection: ConnectionFault | None = None

    def of_request(self, number: int) -> RequestFault | None:
        """What befalls the create with this number."""
        return self.requests.get(number, self.every_request)

    def of_connection(self, number: int) -> ConnectionFault | None:
        """What befalls the upgrade with this number."""
        return self.connections.get(number, self.every_connection)


NO_FAULTS = Faults()


class Dropped(Exception):
    """The connection must end now, with a close code or without a goodbye; `gone` says that the server goes too."""

    def __init__(self, code: int | None = None, *, gone: bool = False) -> None:
        super().__init__("dropped on purpose")
        self.code = code
        self.gone = gone


async def disturb(events: AsyncIterator[Item], fault: RequestFault | None) -> AsyncGenerator[Item]:
    """The same events, up to the fault. Raises Dropped."""
    after = fault.after if isinstance(fault, Drop | Gone | Silence) else None
    sent = 0
    if sent == after:
        await _strike(fault)
    async for event in events:
        yield event
        sent += 1
        if sent == after:
            await _strike(fault)


async def _strike(fault: RequestFault | None) -> None:
    match fault:
        case Drop(code=code):
            raise Dropped(code)
        case Gone():
            raise Dropped(gone=True)
        case Silence(seconds=None):
            await asyncio.Event().wait()
        case Silence(seconds=float() | int() as seconds):
            await asyncio.sleep(seconds)
        case _:
            pass
