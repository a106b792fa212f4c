"""The server itself: one port on 127.0.0.1 for WebSocket and HTTP, in the loop that is already running.

`Loopback` starts it and stops it within a second, leaves no task, thread or signal handler, and logs nothing.
"""

import asyncio
import secrets
import ssl
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Self

from patchwire.loopback.connection import Connection
from patchwire.loopback.control import Control, control_routes
from patchwire.loopback.faults import (
    NO_FAULTS,
    BlackHole,
    Faults,
    IgnoreClose,
    Lifetime,
    Refuse,
    Slam,
    SlowPongs,
    Stall,
)
from patchwire.loopback.http import Call, Reply, answer, refusal_reply
from patchwire.loopback.limits import HABITS, LIMITS, Habits, Limits
from patchwire.loopback.model import Model
from patchwire.loopback.record import Exchange
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.rest import routes
from patchwire.loopback.service import Service
from patchwire.loopback.wire import Serve, Wire

_HOST = "127.0.0.1"
_KEY = "openai-insecure-api-key."


class _Front:
    """Who is at the door: an upgrade becomes a connection, anything else is a route's. Here its faults strike."""

    def __init__(self, service: Service, token: str) -> None:
        self._service = service
        self._routes = [*routes(service), *control_routes(service, token)]

    async def serve(self, call: Call, wire: Wire) -> Reply | None:
        """Answer a call; None where it was an upgrade."""
        if not call.wants_socket:
            return await answer(self._routes, call)
        try:
            await self._upgrade(call, wire)
        except Refusal as refusal:
            return refusal_reply(refusal)
        return None

    async def _upgrade(self, call: Call, wire: Wire) -> None:
        """A connection, from its first byte to its last. Raises Refusal."""
        if call.path != "/v1/responses":
            raise Refusal(404, f"Invalid URL (GET {call.path})")
        number, fault = self._service.next_connection()
        if isinstance(fault, Stall):
            await asyncio.Event().wait()
        if isinstance(fault, Refuse):
            raise Refusal(fault.status, fault.message, code=fault.code, headers=fault.headers)
        limits, habits = self._service.limits, self._service.habits
        headers, subprotocols = _offered(call.headers) if habits.key_in_subprotocol else (call.headers, [])
        self._service.authorize(headers)
        socket = wire.accept(
            message_bytes=limits.message_bytes,
            compression=habits.compression,
            ping_seconds=habits.ping_seconds,
            headers=habits.upgrade_headers,
            subprotocols=subprotocols,
        )
        match fault:
            case Slam(code=code):
                await socket.close(code)
                return
            case BlackHole():
                socket.vanish()
            case SlowPongs(seconds=seconds):
                socket.pong_delay = seconds
            case IgnoreClose():
                socket.ignores_close = True
        lifetime = fault if isinstance(fault, Lifetime) else None
        await Connection(self._service, socket, number, headers, lifetime).serve()


def _offered(headers: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """The headers with a key that was offered as a subprotocol, and the subprotocol to answer with."""
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",") if name.strip()]
    keys = [name for name in offered if name.startswith(_KEY)]
    if not keys or "authorization" in headers:
        return headers, []
    others = [name for name in offered if name not in keys]
    return {**headers, "authorization": f"Bearer {keys[0].removeprefix(_KEY)}"}, (others or keys)[:1]


class Loopback:
    """A running server: `async with Loopback(model) as server: … server.base_url, server.token`.

    `token` None makes a random one; `port` 0 takes a free one; `models` are names to be served besides the published
    ones; with `tls` it speaks HTTPS and WSS. What happened is in `exchanges`, what can be done to it in `control`.
    """

    def __init__(
        self,
        model: Model,
        *,
        token: str | None = None,
        port: int = 0,
        faults: Faults = NO_FAULTS,
        limits: Limits = LIMITS,
        habits: Habits = HABITS,
        models: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.token = token or f"sk-loopback-{secrets.token_urlsafe(24)}"
        self._port = port
        self._tls = tls
        self._service = Service(model, token=self.token, faults=faults, limits=limits, habits=habits, models=models)
        self._service.hang_up = self._hang_up
        self.control = Control(self._service)
        self._wires: set[Wire] = set()
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self._port}/v1"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every create so far, in the order in which they began: the oracle's record."""
        return self.control.exchanges

    async def __aenter__(self) -> Self:
        """Start listening. Raises OSError where the port is taken."""
        front = _Front(self._service, self.token)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: self._wire(front.serve), _HOST, self._port, ssl=self._tls)
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    def _wire(self, serve: Serve) -> Wire:
        """The next TCP connection."""
        return Wire(serve, self._wires)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: every connection ends at once, without a goodbye."""
        self._hang_up()
        await asyncio.gather(*(wire.abort() for wire in self._wires))
        await self._service.aclose(seconds=0.3)
        if self._listener is not None:
            await self._listener.wait_closed()

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
