"""The server itself: one port on 127.0.0.1 for WebSocket and HTTP, in the loop that is already running.

`Loopback` starts it and stops it within a second, leaves no task, thread or signal handler, and logs nothing; `app` is
the same as an ASGI application. uvicorn's own `Server` is not used: it wants the signals and polls while it stops.
"""

import asyncio
import secrets
import ssl
from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

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
from patchwire.loopback.limits import HABITS, LIMITS, Habits, Limits
from patchwire.loopback.model import Model
from patchwire.loopback.record import Exchange
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.rest import refusal_response, routes
from patchwire.loopback.service import Service
from patchwire.loopback.wire import Wire

_HOST = "127.0.0.1"


def app(service: Service, token: str) -> Starlette:
    """The ASGI application of a service; `token` opens its back door."""

    async def upgrade(socket: WebSocket) -> None:
        number, fault = service.next_connection()
        if isinstance(fault, Stall):
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
            return
        try:
            if isinstance(fault, Refuse):
                raise Refusal(fault.status, fault.message, code=fault.code, headers=fault.headers)
            service.authorize(socket.headers)
        except Refusal as refusal:
            await socket.send_denial_response(refusal_response(refusal))
            return
        await socket.accept()
        wire: Wire = socket.scope["state"]["wire"]
        match fault:
            case Slam(code=code):
                await socket.close(code)
                return
            case BlackHole():
                wire.vanish()
            case SlowPongs(seconds=seconds):
                wire.pong_delay = seconds
            case IgnoreClose():
                wire.ignores_close = True
        await Connection(service, socket, number, fault if isinstance(fault, Lifetime) else None).serve()

    async def nothing_here(socket: WebSocket) -> None:
        await socket.send_denial_response(refusal_response(Refusal(404, f"Invalid URL (GET {socket.url.path})")))

    sockets = [WebSocketRoute("/v1/responses", upgrade), WebSocketRoute("/{path:path}", nothing_here)]
    return Starlette(routes=[*sockets, *routes(service), *control_routes(service, token)])


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
        self._state = ServerState()
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
        application = app(self._service, self.token)

        def protocol() -> asyncio.Protocol:
            config = self._config(application)
            made: Any = config.http_protocol_class  # typed as a bare asyncio.Protocol
            speaking: asyncio.Protocol = made(config=config, server_state=self._state, app_state={})
            return speaking

        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(protocol, _HOST, self._port, ssl=self._tls)
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    def _config(self, application: Starlette) -> uvicorn.Config:
        """What the next TCP connection is like: limits and habits may have changed since the last."""
        limits, habits = self._service.limits, self._service.habits
        config = uvicorn.Config(
            application,
            http="h11",
            ws=Wire,
            ws_max_size=limits.message_bytes,
            ws_ping_interval=habits.ping_seconds,
            ws_ping_timeout=habits.ping_seconds,
            ws_per_message_deflate=habits.compression,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        config.load()
        return config

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: every connection ends at once, without a goodbye."""
        self._hang_up()
        for protocol in list(self._state.connections):
            protocol.transport.abort()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=0.5)
        await self._service.aclose(seconds=0.3)
        if self._listener is not None:
            await self._listener.wait_closed()

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
