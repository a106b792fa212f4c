"""A WebSocket that a client has upgraded to, and what a bad network or a rude server does to it.

websockets' Sans-I/O protocol over a transport. Knows frames and messages, no events.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

_DEFLATE = ServerPerMessageDeflateFactory(
    server_max_window_bits=12, client_max_window_bits=15, compress_settings={"memLevel": 5}
)
_CLOSING_SECONDS = 1.0
_MOST_UNREAD = 32


class Left(Exception):
    """The client is gone."""


class Socket:
    """A socket. `ping_seconds` None sends no pings; a client that does not answer one within as long is gone."""

    def __init__(
        self,
        transport: Any,
        writable: asyncio.Event,
        *,
        message_bytes: int,
        compression: bool,
        ping_seconds: float | None,
        headers: Mapping[str, str],
        subprotocols: Sequence[str] = (),
    ) -> None:
        self._protocol = ServerProtocol(
            extensions=[_DEFLATE] if compression else [],
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            max_size=message_bytes,
        )
        self._transport = transport
        self._writable = writable
        self._unread: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._pieces: list[bytes] = []
        self._is_text = True
        self._gone = asyncio.Event()
        self._ping_seconds = ping_seconds
        self._headers = headers
        self._pinged: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.pong_delay = 0.0
        self.ignores_close = False
        self.vanished = False
        self._all_said = False

    async def receive(self) -> str | bytes:
        """The next message. Raises Left."""
        message = await self._unread.get()
        if self._unread.qsize() < _MOST_UNREAD:
            self._transport.resume_reading()
        if message is None:
            self._unread.put_nowait(None)
            raise Left
        return message

    async def send(self, text: str) -> None:
        """Send a message. Raises Left."""
        await self._writable.wait()
        if self._protocol.state is not OPEN:
            raise Left
        self._protocol.send_text(text.encode())
        self._flush()

    async def close(self, code: int) -> None:
        """Say goodbye, and wait a moment for the client's."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(code)
            self._flush()
        try:
            await asyncio.wait_for(self._gone.wait(), _CLOSING_SECONDS)
        except TimeoutError:
            self._transport.abort()

    def vanish(self) -> None:
        """From now on nothing is read, pings included, and none is sent; TCP still takes what the client writes."""
        self.vanished = True
        self._stop_pinging()

    def feed(self, data: bytes) -> None:
        """Bytes of the client's."""
        if self.vanished:
            return
        self._protocol.receive_data(data)
        delay = 0.0
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                response = self._protocol.accept(event)
                response.headers.update(self._headers)
                self._protocol.send_response(response)
                self._ping_later()
            elif isinstance(event, Frame):
                self._take(event)
                delay = self.pong_delay if event.opcode is Opcode.PING else delay
        self._flush(delay)

    def lose(self) -> None:
        """TCP is at its end."""
        self._gone.set()
        self._stop_pinging()
        self._unread.put_nowait(None)

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY | Opcode.CONT:
                if frame.opcode is not Opcode.CONT:
                    self._is_text = frame.opcode is Opcode.TEXT
                self._pieces.append(bytes(frame.data))
                if frame.fin:
                    self._deliver()
            case Opcode.PONG if frame.data == self._pinged:
                self._pinged = None
            case Opcode.CLOSE if self.ignores_close:
                self.vanish()
            case _:
                pass

    def _deliver(self) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        try:
            self._unread.put_nowait(data.decode() if self._is_text else data)
        except UnicodeDecodeError:
            self._protocol.fail(1007)
        if self._unread.qsize() >= _MOST_UNREAD:
            self._transport.pause_reading()

    def _flush(self, delay: float = 0.0) -> None:
        """Write what the protocol wants to say."""
        pieces = self._protocol.data_to_send()
        if self.vanished:
            return
        if delay and self._protocol.state is OPEN:
            asyncio.get_running_loop().call_later(delay, self._write, pieces)
        else:
            self._write(pieces)
        if self._protocol.state is not OPEN:
            self._unread.put_nowait(None)

    def _write(self, pieces: list[bytes]) -> None:
        """An empty piece says that all is said: half-close, so that the client can read to the end, then let go."""
        if self._all_said or self._transport.is_closing():
            return
        self._transport.write(b"".join(pieces))
        if b"" in pieces:
            self._all_said = True
            self._stop_pinging()
            if self._transport.can_write_eof():
                self._transport.write_eof()
                asyncio.get_running_loop().call_later(_CLOSING_SECONDS, self._transport.abort)
            else:
                self._transport.close()

    def _ping_later(self) -> None:
        if self._ping_seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(self._ping_seconds, self._ping)

    def _ping(self) -> None:
        if self._protocol.state is not OPEN:
            return
        if self._pinged is not None:
            self._protocol.fail(1011, "keepalive ping timeout")
        else:
            self._pinged = secrets.token_bytes(4)
            self._protocol.send_ping(self._pinged)
            self._ping_later()
        self._flush()

    def _stop_pinging(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
