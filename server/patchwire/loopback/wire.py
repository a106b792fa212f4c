"""One WebSocket on its TCP connection: uvicorn's own protocol, and what a bad network or a rude server does to it.

An ASGI application finds it in `scope["state"]["wire"]`. Knows bytes and frames, no events.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Wire(WebSocketsSansIOProtocol):
    """A wire that can be spoilt; untouched, it is what uvicorn makes of it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.app_state = {**self.app_state, "wire": self}
        self.pong_delay = 0.0
        self.ignores_close = False
        self.vanished = False

    def vanish(self) -> None:
        """From now on nothing is read, pings included, and none is sent; TCP still takes what the client writes."""
        self.vanished = True
        self.stop_keepalive()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's."""
        if not self.vanished:
            super().data_received(data)

    def handle_ping(self) -> None:
        """The answer is ready; it may have to wait."""
        if not self.pong_delay:
            super().handle_ping()
            return
        pong = b"".join(self.conn.data_to_send())
        self.loop.call_later(self.pong_delay, self._write, pong)

    def handle_close(self, event: Any) -> None:
        """The client says goodbye."""
        if self.ignores_close:
            self.conn.data_to_send()  # the answer that the protocol has made by itself
            self.vanish()
        else:
            super().handle_close(event)

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)
