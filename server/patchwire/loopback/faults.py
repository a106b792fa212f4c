"""What the server is to do wrong, and when. Values only; what does it to a stream of events is `disturb`.

A request fault is addressed by the number of the create (from 1, over all connections and POSTs), a connection fault
by the number of the upgrade. A new fault is a new value here, one branch where it strikes, and a test. Their names in a
file are those of the classes in snake case: `drop`, `black_hole`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from patchwire.loopback.model import Item

EVENTS = "events"
CHARACTERS = "characters"

UNKNOWN_EVENTS: tuple[Item, ...] = (
    {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 12.5}}},
    {"type": "response.metadata", "metadata": {"served_by": "somebody"}},
    {"type": "keepalive"},
)
UNKNOWN_ITEMS: tuple[Item, ...] = ({"type": "tool_search_call", "execution": "server", "arguments": {"query": "diff"}},)


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends after so many events of the response; with a close code, or (None) without a goodbye.

    `after=0` drops it when the create has come in and before anything was done. `of` is what is counted: `events`,
    `characters` of text, the events of one type, or by an item's type the items that are done
    (`Drop(1, of="function_call")`: between a call and the response's end).
    """

    after: int = 0
    code: int | None = None
    of: str = EVENTS


@dataclass(frozen=True, slots=True)
class Gone:
    """As `Drop`, and the server stops listening: every later attempt to connect is refused."""

    after: int = 0
    of: str = EVENTS


@dataclass(frozen=True, slots=True)
class Silence:
    """After so many events nothing comes for so many seconds (None: for ever); pings are still answered."""

    after: int = 0
    seconds: float | None = None
    of: str = EVENTS


@dataclass(frozen=True, slots=True)
class BlackHole:
    """The connection is half-open: nothing is read any more, not even pings, and nothing is sent.

    On a request from so many events on, on a connection from the upgrade on.
    """

    after: int = 0
    of: str = EVENTS


@dataclass(frozen=True, slots=True)
class Fail:
    """The create is answered by an error frame (over HTTP: by that status); with `after`, after so many events.

    The frame's shape: `flat` puts the error's fields at the top, `headers_inside` the headers into `error`, `without`
    names fields that are left out (`status`, `code`, `sequence_number`…). `status_as` is the status' name, such as
    `status_code`.
    """

    status: int
    code: str | None = None
    message: str = "The server had an error while processing your request."
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    of: str = EVENTS
    flat: bool = False
    headers_inside: bool = False
    without: tuple[str, ...] = ()
    status_as: str = "status"


@dataclass(frozen=True, slots=True)
class Forget:
    """The connection's memory is lost just before this create is looked up."""


@dataclass(frozen=True, slots=True)
class Expire:
    """The connection has lived its time when this create comes in: the error that says so, then the close."""


@dataclass(frozen=True, slots=True)
class ExpireKey:
    """The key is no longer good from this create on, on any connection; only `then` is (None: no key at all)."""

    then: str | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """So many seconds pass before the create is looked at; its parent is only bound then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Inject:
    """Events that nobody knows come after so many of the response's, and its output ends with items of a rare kind."""

    events: tuple[Item, ...] = UNKNOWN_EVENTS
    items: tuple[Item, ...] = UNKNOWN_ITEMS
    after: int = 1
    of: str = EVENTS


@dataclass(frozen=True, slots=True)
class Leftover:
    """The last `count` events of the connection's former response come once more, before those of this one."""

    count: int = 3


@dataclass(frozen=True, slots=True)
class Successor:
    """When the response is completed another one follows unasked, as if `text` had been steered."""

    text: str = "Go on."


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


@dataclass(frozen=True, slots=True)
class Stall:
    """The upgrade is never answered."""


@dataclass(frozen=True, slots=True)
class SlowPongs:
    """Pings are answered so many seconds late; all else works."""

    seconds: float


@dataclass(frozen=True, slots=True)
class IgnoreClose:
    """The client's close frame is not answered, and the TCP connection stays open."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """This connection lives only so many seconds."""

    seconds: float


RequestFault = (
    Drop | Gone | Silence | BlackHole | Fail | Forget | Expire | ExpireKey | Delay | Inject | Leftover | Successor
)
ConnectionFault = Refuse | Slam | Stall | BlackHole | SlowPongs | IgnoreClose | Lifetime


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
