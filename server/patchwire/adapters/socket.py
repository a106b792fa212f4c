"""The Transport over one WebSocket: lazy connect, bounded send, long silences, and every loss told as `ConnectionLost`.

Knows `websockets` (its only door) and HTTP statuses; a frame is a string to it, and what it means is not its business.
websockets is imported when the first connection is made, so that importing this costs nothing.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from patchwire.adapters import endpoint
from patchwire.adapters.credentials import without
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.ports import Capabilities

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed
    from websockets.http11 import Response

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)  # below that, websockets writes whole handshakes, key and all

_GOODBYE_SECONDS = 1.0
_PERMANENT = (1008, 1009)
"""Close codes after which no other attempt on a socket can do better: policy, message too big."""
_NO_SOCKETS = (404, 405, 426, 501)
"""HTTP statuses of a server that offers no WebSocket mode at this URL."""
_ASLEEP_SECONDS = 60.0
"""The wall clock ran so much further than the monotonic one: the machine slept, and the connection is suspect."""


class WebSocketTransport:
    """Fulfils `ports.Transport`. Nothing is sent, and nothing connected, before the first `send`.

    `silence_seconds` bounds the wait for one frame, which may be long while a model thinks; that the other end is alive
    is what the pings are for: one every `ping_seconds`, to be answered within `pong_seconds`. A connection that was
    lost, cancelled or closed stays so until `reconnect`; sending on it raises ConnectionLost with `started=False`.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        organization: str | None = None,
        project: str | None = None,
        connect_seconds: float = 15.0,
        send_seconds: float = 30.0,
        silence_seconds: float = 900.0,
        max_frame_bytes: int = 64 * 1024 * 1024,
        ping_seconds: float = 20.0,
        pong_seconds: float = 30.0,
        clocks: tuple[Callable[[], float], Callable[[], float]] = (time.monotonic, time.time),
    ) -> None:
        """Raises SettingsError for a base URL that is none and a key that no header can carry."""
        self._url = endpoint.socket_url(base_url)
        self._api_key = api_key
        self._headers = endpoint.headers(api_key, organization, project)
        self._connect_seconds = connect_seconds
        self._send_seconds = send_seconds
        self._silence_seconds = silence_seconds
        self._max_frame_bytes = max_frame_bytes
        self._ping_seconds = ping_seconds
        self._pong_seconds = pong_seconds
        self._monotonic, self._wall = clocks
        self._connected_at = 0.0
        self._clocks_apart = 0.0
        self._connection: ClientConnection | None = None
        self._fresh = True
        self._started = False
        self._bytes_up = 0
        self._bytes_down = 0

    @property
    def capabilities(self) -> Capabilities:
        """A socket remembers its last response."""
        return Capabilities(incremental=True)

    @property
    def bytes_up(self) -> int:
        """UTF-8 bytes of the frames sent so far, before compression."""
        return self._bytes_up

    @property
    def bytes_down(self) -> int:
        """UTF-8 bytes of the frames received so far, after decompression."""
        return self._bytes_down

    @property
    def age(self) -> float:
        """Seconds since this connection was made; 0 where there is none."""
        return self._monotonic() - self._connected_at if self._connection is not None else 0.0

    @property
    def worn(self) -> bool:
        """Whether the connection that was made is gone, or the machine has slept since."""
        from websockets.protocol import State

        if self._connection is None:
            return not self._fresh
        asleep = self._wall() - self._monotonic() - self._clocks_apart
        return self._connection.state is not State.OPEN or asleep > _ASLEEP_SECONDS

    async def send(self, frame: str) -> None:
        """Send one frame, connecting first if this is the very first. Raises ConnectionLost, ProviderError."""
        from websockets.exceptions import ConnectionClosed
        from websockets.protocol import State

        if self._fresh:
            await self.reconnect()
        connection = self._open()
        try:
            async with asyncio.timeout(self._send_seconds):
                self._started = connection.state is State.OPEN
                await connection.send(frame)
        except ConnectionClosed as closed:
            raise self._lost(closed) from closed
        except TimeoutError as error:
            raise self._gone(f"{self._where} took no frame within {self._send_seconds:g} seconds.") from error
        except BaseException:
            self.abort()
            raise
        self._bytes_up += endpoint.size(frame)

    async def receive(self) -> str:
        """The next frame. Raises ConnectionLost."""
        connection = self._open()
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(self._silence_seconds):
                frame = await connection.recv()
        except ConnectionClosed as closed:
            raise self._lost(closed) from closed
        except TimeoutError as error:
            raise self._gone(f"{self._where} said nothing for {self._silence_seconds:g} seconds.") from error
        except BaseException:
            self.abort()
            raise
        if isinstance(frame, bytes):
            raise self._gone(f"{self._where} sent a binary frame; this protocol has text frames only.")
        self._bytes_down += endpoint.size(frame)
        return frame

    async def reconnect(self) -> None:
        """Drop what there is, without a goodbye, and connect. Raises ConnectionLost, ProviderError."""
        from websockets import exceptions
        from websockets.asyncio.client import connect
        from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

        self.abort()
        try:
            self._connection = await connect(
                self._url.geturl(),
                additional_headers=self._headers,
                user_agent_header=endpoint.USER_AGENT,
                compression=None,  # the library's own choice has a window of 4 kB, less than our instructions and tools
                extensions=[
                    # Level 4 takes half the time of the default for an eighth more bytes.
                    ClientPerMessageDeflateFactory(client_max_window_bits=15, compress_settings={"level": 4})
                ],
                proxy=endpoint.proxy_for(self._url),
                open_timeout=self._connect_seconds,
                close_timeout=_GOODBYE_SECONDS,
                ping_interval=self._ping_seconds,
                ping_timeout=self._pong_seconds,
                max_size=self._max_frame_bytes,
                max_queue=256,
                logger=_LOGGER,
            )
        except exceptions.InvalidStatus as refused:
            raise self._refused(refused.response) from refused
        except exceptions.InvalidURI as error:  # it follows redirects, but only to WebSockets
            raise ProviderError(f"{self._url.hostname} redirects to a page for people; check the base URL.") from error
        except TimeoutError as error:
            raise ConnectionLost(f"{self._where} did not answer within {self._connect_seconds:g} seconds.") from error
        except ssl.SSLCertVerificationError as error:
            raise endpoint.untrusted(self._url, error.verify_message) from error
        except (OSError, exceptions.InvalidHandshake) as error:
            raise ConnectionLost(f"Could not connect to {self._where}: {endpoint.reason(error)}.") from error
        except (exceptions.InvalidProxy, ImportError) as error:
            why = endpoint.reason(error)
            raise ProviderError(f"The proxy for {self._url.hostname} cannot be used: {why}.") from error
        self._connected_at = self._monotonic()
        self._clocks_apart = self._wall() - self._connected_at

    async def aclose(self) -> None:
        """Say goodbye for at most a second, then hang up. Never raises."""
        connection, self._connection = self._connection, None
        self._fresh = False
        if connection is None:
            return
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await connection.close()
        except Exception:  # noqa: BLE001, S110 - the port promises it, and nobody could do anything about it
            pass
        finally:
            connection.transport.abort()

    def _open(self) -> "ClientConnection":
        if self._connection is None:
            raise ConnectionLost(f"There is no connection to {self._where}.")
        return self._connection

    def abort(self) -> None:
        """Hang up at once, without a goodbye."""
        connection, self._connection = self._connection, None
        self._fresh = False
        self._started = False
        if connection is not None:
            connection.transport.abort()

    @property
    def _where(self) -> str:
        return endpoint.shown(self._url)

    def _gone(self, message: str, *, permanent: bool = False) -> ConnectionLost:
        started = self._started
        self.abort()
        return ConnectionLost(message, started=started, permanent=permanent)

    def _lost(self, closed: "ConnectionClosed") -> ConnectionLost:
        """A closed connection, in one line."""
        close = closed.rcvd or closed.sent
        if close is None:
            return self._gone(f"The connection to {self._where} was cut.")
        why = f": {endpoint.one_line(close.reason)}" if close.reason else ""
        return self._gone(
            f"The connection to {self._where} was closed ({close.code}{why}).", permanent=close.code in _PERMANENT
        )

    def _refused(self, response: "Response") -> ConnectionLost | ProviderError:
        """An upgrade that was answered by an HTTP status."""
        status, host = response.status_code, self._url.hostname
        error = endpoint.service_error(response.body)
        code = error.get("code") or None
        if status in (401, 403):
            return ProviderError(
                f"{host} did not accept the API key ({status}); check the key and its rights.", code=code, status=status
            )
        if status in _NO_SOCKETS:
            return ProviderError(
                f"{host} offers no WebSocket mode at {self._url.path} ({status}); check the base URL.",
                code=code,
                status=status,
            )
        said = without(self._api_key, endpoint.one_line(error.get("message", "")))
        message = f"{host} refused the connection ({status}){': ' if said else ''}{said}"
        if (status == 429 and code != "insufficient_quota") or status >= 500:
            return ConnectionLost(message, retry_after=endpoint.retry_after(response.headers))
        return ProviderError(message, code=code, status=status)
