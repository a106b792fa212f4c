"""Which connection a conversation gets: a WebSocket where there can be one, else HTTP. When to replace it, too.

What is known of a base URL is shared by all conversations with it. Knows the two transports and where the key comes
from; what is sent over them is not its business.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from patchwire.adapters.socket import WebSocketTransport
from patchwire.adapters.sse import HttpTransport
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Capabilities, Credentials

FALLBACK_SECONDS = 300.0
"""How long HTTP is used before a WebSocket is tried again."""
LOSSES = 3
"""So many connections lost one after another, without a request that went well between them, and HTTP is used."""
LIFETIME_SECONDS = 3600.0
FRAME_BYTES = 10 * 1024 * 1024
"""What a WebSocket is trusted to take in one piece. No vendor names its limit; gateways were seen to have this one."""
SOCKETS = 16
"""WebSockets open at once to one base URL; whoever comes later uses HTTP."""

_ROTATE_AT = 55 / 60
_FALL_BACK = frozenset({400, 403, 404, 405, 426, 501})
"""Refusals of the upgrade that say nothing about HTTP. 403 is what gateways say that do not know the mode."""
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing may take, in seconds; see the two transports."""

    connect: float = 15.0
    send: float = 30.0
    first_event: float = 120.0
    silence: float = 900.0
    ping: float = 20.0
    pong: float = 30.0


@dataclass(slots=True)
class Known:
    """What is known of one base URL."""

    lifetime_seconds: float = LIFETIME_SECONDS
    frame_bytes: int = FRAME_BYTES
    http_until: float = float("-inf")
    unwelcome: dict[str, set[str]] = field(default_factory=dict)
    sockets: int = 0


class Connections:
    """What is known of every base URL; one for a process, or for as long as it shall be remembered."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def known(self, base_url: str) -> Known:
        """What is known of this base URL, to be read and written."""
        return self._known.setdefault(base_url, Known())


@dataclass(slots=True)
class ServiceConnection:
    """Fulfils `ports.Service` for one conversation. `mode` is `auto`, `websocket` or `http`.

    In `auto`, a WebSocket that cannot be made, or is closed for good, or is lost again and again, gives way to HTTP
    there and then; that this is remembered for `FALLBACK_SECONDS` needs an answer over HTTP, for otherwise the fault
    was not the socket's. Then a WebSocket is tried again.
    """

    base_url: str
    model: str
    credentials: Credentials
    known: Known
    mode: str = "auto"
    organization: str | None = None
    project: str | None = None
    patience: Patience = Patience()
    now: Callable[[], float] = time.monotonic
    tap: Callable[[str, str], None] | None = None
    """Hears every frame, `up` or `down`: for who looks at the protocol itself. Nobody does unless asked to."""
    _socket: WebSocketTransport | None = field(default=None, init=False)
    _http: HttpTransport | None = field(default=None, init=False)
    _key: str = field(default="", init=False, repr=False)
    _fresh: bool = field(default=True, init=False)
    _counted: bool = field(default=False, init=False)
    _answered: bool = field(default=False, init=False)
    _losses: int = field(default=0, init=False)
    _falling_back: bool = field(default=False, init=False)
    _http_until: float = field(default=float("-inf"), init=False)
    _bytes: tuple[int, int] = field(default=(0, 0), init=False)
    _preparing: asyncio.Future[None] | None = field(default=None, init=False)
    _unused: bool = field(default=False, init=False)
    """The connection was made in the background, and nobody has sent anything over it yet."""

    @property
    def capabilities(self) -> Capabilities:
        """Those of the connection in use; before there is one, what it is hoped to be."""
        if self._http is not None or self.mode == "http":
            return Capabilities(incremental=False, warm_up=False)
        return Capabilities(frame_bytes=self.known.frame_bytes)

    @property
    def bytes_up(self) -> int:
        """Bytes sent, over all connections."""
        return self._bytes[0] + sum(used.bytes_up for used in (self._socket, self._http) if used is not None)

    @property
    def bytes_down(self) -> int:
        """Bytes received, over all connections."""
        return self._bytes[1] + sum(used.bytes_down for used in (self._socket, self._http) if used is not None)

    @property
    def unwelcome(self) -> set[str]:
        """Parameters that the service refuses for this model."""
        return self.known.unwelcome.setdefault(self.model, set())

    @property
    def worn(self) -> bool:
        """Whether the socket is gone, suspect or nearly as old as it may get; over HTTP, whether to try one again."""
        if self._socket is not None:
            return self._socket.worn or self._socket.age > self.known.lifetime_seconds * _ROTATE_AT
        if self._http is not None:
            return self._http.worn or (self.mode == "auto" and not self._prefers_http())
        return not self._fresh

    def expires_after(self, seconds: float) -> None:
        """Remember how long connections to this base URL live."""
        self.known.lifetime_seconds = seconds

    async def renew_key(self) -> bool:
        """Ask for another key; the next connection uses it. Raises ProviderError if the source gives none."""
        return await self.credentials.renew(self._key)

    async def send(self, frame: str) -> None:
        """Send one frame, connecting first if this is the very first. Raises ConnectionLost, ProviderError."""
        if self._fresh:
            await self.reconnect()
        self._unused = False
        if self._answered:
            self._losses = 0  # this connection has carried a request to its end
        if self.tap is not None:
            self.tap("up", frame)
        try:
            await self._current().send(frame)
        except ConnectionLost as lost:
            raise self._judged(lost) from lost

    async def receive(self) -> str:
        """The next frame. Raises ConnectionLost."""
        try:
            frame = await self._current().receive()
        except ConnectionLost as lost:
            raise self._judged(lost) from lost
        self._answered = True
        if self.tap is not None:
            self.tap("down", frame)
        if self._falling_back:
            self._falling_back = False
            self._http_until = self.known.http_until = self.now() + FALLBACK_SECONDS
        return frame

    def prepare(self) -> None:
        """See the port. What goes wrong is told to whoever waits for it, and else to nobody."""
        if (self._fresh or self.worn) and self._preparing is None:
            self._preparing = asyncio.ensure_future(self._renew())
            self._preparing.add_done_callback(self._prepared)

    def _prepared(self, preparing: asyncio.Future[None]) -> None:
        self._preparing = None
        self._unused = not preparing.cancelled() and preparing.exception() is None

    async def reconnect(self) -> None:
        """Drop the connection and make the best one that there can be now. Raises ConnectionLost, ProviderError."""
        if (preparing := self._preparing) is not None:
            await asyncio.wait({preparing})
            if not preparing.cancelled():
                preparing.result()  # what went wrong meanwhile is this request's to hear: it may say how long to wait
        if not self._unused or self.worn:
            await self._renew()

    async def _renew(self) -> None:
        await self._drop()
        self._key = await self.credentials.key()
        if self.mode == "http" or (self.mode == "auto" and self._prefers_http()):
            self._use_http(self._key)
            return
        try:
            await self._connect_with_a_good_key()
        except ProviderError as refused:
            if self.mode != "auto" or refused.status not in _FALL_BACK:
                raise
            self._fall_back()
            self._use_http(self._key)
        except ConnectionLost as lost:
            if self.mode == "websocket" or lost.retry_after is not None:
                raise
            self._fall_back()
            self._use_http(self._key)

    async def _connect_with_a_good_key(self) -> None:
        try:
            await self._connect(self._key)
        except ProviderError as refused:
            if refused.status != _UNAUTHORIZED or not await self.renew_key():
                raise
            self._key = await self.credentials.key()
            await self._connect(self._key)

    async def compact(self, request: str) -> str:
        """Compact over HTTP, whatever carries the conversation. Raises ProviderError."""
        http = self._http or self._over_http(await self.credentials.key())
        try:
            return await http.compact(request)
        finally:
            if http is not self._http:
                self._count(http)
                await http.aclose()

    async def aclose(self) -> None:
        """Close within a second or so; never raises."""
        self._fresh = False
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait({self._preparing})
        self._release()
        for used in (self._socket, self._http):
            if used is not None:
                self._count(used)
                await used.aclose()
        self._socket = self._http = None

    def _current(self) -> WebSocketTransport | HttpTransport:
        current = self._socket or self._http
        if current is None:
            raise ConnectionLost("There is no connection to the model's service.")
        return current

    def _prefers_http(self) -> bool:
        until = max(self._http_until, self.known.http_until)
        return self._falling_back or self.now() < until or self.known.sockets >= SOCKETS

    def _judged(self, lost: ConnectionLost) -> ConnectionLost:
        """A loss, and whether it is time for HTTP: then there is nothing to wait for."""
        self._answered = False
        self._release()
        if self._http is not None:
            self._falling_back = False  # HTTP is no better; let the socket have another try
            return lost
        self._losses += 1
        if self.mode != "auto" or not (lost.permanent or self._losses >= LOSSES):
            return lost
        self._fall_back()
        return ConnectionLost(str(lost), started=lost.started, retry_after=0.0)

    def _fall_back(self) -> None:
        self._falling_back = True
        self._losses = 0

    async def _connect(self, key: str) -> None:
        socket = WebSocketTransport(
            self.base_url,
            key,
            organization=self.organization,
            project=self.project,
            connect_seconds=self.patience.connect,
            send_seconds=self.patience.send,
            silence_seconds=self.patience.silence,
            ping_seconds=self.patience.ping,
            pong_seconds=self.patience.pong,
        )
        self.known.sockets += 1  # before it is made: who comes meanwhile must not count on the place
        self._counted = True
        try:
            await socket.reconnect()
        except BaseException:
            self._release()
            raise
        self._socket = socket

    def _use_http(self, key: str) -> None:
        self._http = self._over_http(key)

    def _over_http(self, key: str) -> HttpTransport:
        return HttpTransport(
            self.base_url,
            key,
            organization=self.organization,
            project=self.project,
            connect_seconds=self.patience.connect,
            send_seconds=self.patience.send,
            first_event_seconds=self.patience.first_event,
            silence_seconds=self.patience.silence,
        )

    async def _drop(self) -> None:
        """Throw away what there is, without waiting for a goodbye."""
        self._fresh = self._answered = self._unused = False
        self._release()
        socket, http, self._socket, self._http = self._socket, self._http, None, None
        if socket is not None:
            self._count(socket)
            socket.abort()
        if http is not None:
            self._count(http)
            await http.aclose()

    def _release(self) -> None:
        if self._counted:
            self.known.sockets -= 1
            self._counted = False

    def _count(self, used: WebSocketTransport | HttpTransport) -> None:
        self._bytes = (self._bytes[0] + used.bytes_up, self._bytes[1] + used.bytes_down)
