"""One TCP connection of a client: HTTP/1.1, request after request, until an upgrade makes a WebSocket of it.

Knows bytes, through h11; nothing of what is asked or answered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import h11

from patchwire.loopback.http import Call, Reply
from patchwire.loopback.socket import Socket

_PHRASES = {status.value: status.phrase for status in HTTPStatus}

Serve = Callable[[Call, "Wire"], Awaitable[Reply | None]]
"""Answers a call; None where the wire was made a socket, and that has ended."""


class Wire(asyncio.Protocol):
    """A connection. `wires` holds those that are open."""

    def __init__(self, serve: Serve, wires: "set[Wire]") -> None:
        self._serve = serve
        self._wires = wires
        self._http = h11.Connection(h11.SERVER)
        self._head: Any = None  # h11's Request, as soon as there is one
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._socket: Socket | None = None
        self._transport: Any = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client has connected."""
        self._transport = transport
        self._wires.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone, or we have let go."""
        self._wires.discard(self)
        self._writable.set()
        if self._socket is not None:
            self._socket.lose()
        elif self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's."""
        if self._socket is not None:
            self._socket.feed(data)
        else:
            self._http.receive_data(data)
            self._listen()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    async def abort(self) -> None:
        """End it at once, and what runs for it."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.5)

    def accept(self, **settings: Any) -> Socket:
        """Make it a WebSocket; `settings` are the socket's. The client's head was good or is refused by the socket."""
        lines = [b"%s %s HTTP/1.1" % (self._head.method, self._head.target)]
        lines += [b"%s: %s" % field for field in self._head.headers]
        self._socket = Socket(self._transport, self._writable, **settings)
        self._socket.feed(b"\r\n".join(lines) + b"\r\n\r\n" + self._http.trailing_data[0])
        return self._socket

    def _listen(self) -> None:
        """Take what h11 has understood so far."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self._write(h11.Response(status_code=400, headers=[("content-length", "0"), ("connection", "close")]))
                self._transport.close()
                return
            if isinstance(event, h11.Request):
                self._head = event
                self._body.clear()
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._task = asyncio.get_running_loop().create_task(self._answer(self._call()))
            else:
                break
        if self._http.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))

    def _call(self) -> Call:
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in self._head.headers}
        path = self._head.target.decode("ascii").partition("?")[0]
        return Call(self._head.method.decode("ascii"), path, headers, bytes(self._body))

    async def _answer(self, call: Call) -> None:
        reply = await self._serve(call, self)
        if reply is None:
            self._transport.close()
            return
        headers = list(reply.headers.items())
        if isinstance(reply.body, bytes):
            headers.append(("content-length", str(len(reply.body))))
        self._write(h11.Response(status_code=reply.status, headers=headers, reason=_PHRASES.get(reply.status, "")))
        if isinstance(reply.body, bytes):
            if call.method != "HEAD":
                self._write(h11.Data(reply.body))
        else:
            async with aclosing(reply.body) as pieces:
                async for piece in pieces:
                    self._write(h11.Data(piece.encode()))
                    await self._writable.wait()
        self._write(h11.EndOfMessage())
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._listen()
        else:
            self._transport.close()

    def _write(self, event: Any) -> None:
        data = self._http.send(event)
        if data and not self._transport.is_closing():
            self._transport.write(data)
