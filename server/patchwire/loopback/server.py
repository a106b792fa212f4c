"""The server itself: one port on 127.0.0.1 for WebSocket and HTTP, in the loop that is already running.

`Loopback` starts it and stops it within a second, leaves no task, thread or signal handler, and logs nothing; `app` is
the same as an ASGI application. uvicorn's own `Server` is not used: it wants the signals and polls while it stops.
"""

import asyncio
import secrets
from collections.abc import Collection
from functools import partial
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from patchwire.loopback.connection import Connection
from patchwire.loopback.faults import NO_FAULTS, Faults, Refuse, Slam
from patchwire.loopback.model import Model
from patchwire.loopback.record import Exchange
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.rest import refusal_response, routes
from patchwire.loopback.service import LIMITS, Limits, Service

_HOST = "127.0.0.1"


def app(service: Service) -> Starlette:
    """The ASGI application of a service."""

    async def upgrade(socket: WebSocket) -> None:
        number = service.next_connection()
        fault = service.faults.of_connection(number)
        try:
            if isinstance(fault, Refuse):
                raise Refusal(fault.status, fault.message, code=fault.code, headers=fault.headers)
            service.authorize(socket.headers)
        except Refusal as refusal:
            await socket.send_denial_response(refusal_response(refusal))
            return
        await socket.accept()
        if isinstance(fault, Slam):
            await socket.close(fault.code)
        else:
            await Connection(service, socket, number).serve()

    async def nothing_here(socket: WebSocket) -> None:
        await socket.send_denial_response(refusal_response(Refusal(404, f"Invalid URL (GET {socket.url.path})")))

    sockets = [WebSocketRoute("/v1/responses", upgrade), WebSocketRoute("/{path:path}", nothing_here)]
    return Starlette(routes=[*sockets, *routes(service)])


class Loopback:
    """A running server: `async with Loopback(model) as server: … server.base_url, server.token`.

    `token` None makes a random one; `port` 0 takes a free one; `models` are names to be served besides the published
    ones. What happened is in `exchanges`.
    """

    def __init__(
        self,
        model: Model,
        *,
        token: str | None = None,
        port: int = 0,
        faults: Faults = NO_FAULTS,
        limits: Limits = LIMITS,
        models: Collection[str] = (),
    ) -> None:
        self.token = token or f"sk-loopback-{secrets.token_urlsafe(24)}"
        self._port = port
        self._service = Service(model, token=self.token, faults=faults, limits=limits, models=models)
        self._service.hang_up = self._hang_up
        self._state = ServerState()
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://{_HOST}:{self._port}/v1"

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every create so far, in the order in which they began: the oracle's record."""
        return self._service.record.exchanges

    async def __aenter__(self) -> Self:
        """Start listening. Raises OSError where the port is taken."""
        config = uvicorn.Config(
            app(self._service),
            http="h11",
            ws="websockets-sansio",
            ws_max_size=self._service.limits.message_bytes,
            ws_per_message_deflate=True,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        config.load()
        made: Any = config.http_protocol_class  # typed as a bare asyncio.Protocol
        protocol = partial(made, config=config, server_state=self._state, app_state={})
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(protocol, _HOST, self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

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
