"""The Transport over one WebSocket: lazy connect, bounded send, long silences, and every loss told as `ConnectionLost`.

Knows `websockets` (its only door) and HTTP statuses; a frame is a string to it, and what it means is not its business.
websockets is imported when the first connection is made, so that importing this costs nothing.
"""

import asyncio
import json
import logging
import ssl
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from patchwire.errors import ConnectionLost, ProviderError, SettingsError
from patchwire.ports import Capabilities

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed
    from websockets.http11 import Response

_LOGGER = logging.getLogger(__name__)
_LOGGER.setLevel(logging.INFO)  # below that, websockets writes whole handshakes, key and all

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_GOODBYE_SECONDS = 1.0
_PERMANENT = (1008, 1009)
"""Close codes after which no other attempt on a socket can do better: policy, message too big."""


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
    ) -> None:
        """Raises SettingsError for a base URL that is none and a key that no header can carry."""
        self._url = _endpoint(base_url)
        if not (api_key.isascii() and api_key.isprintable()):
            raise SettingsError("api_key", "The API key holds characters that no HTTP header can carry.")
        self._api_key = api_key
        headers = {
            "Authorization": f"Bearer {api_key}" if api_key else None,
            "OpenAI-Organization": organization,
            "OpenAI-Project": project,
        }
        self._headers = {name: value for name, value in headers.items() if value}
        self._connect_seconds = connect_seconds
        self._send_seconds = send_seconds
        self._silence_seconds = silence_seconds
        self._max_frame_bytes = max_frame_bytes
        self._ping_seconds = ping_seconds
        self._pong_seconds = pong_seconds
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
            self._abort()
            raise
        self._bytes_up += _size(frame)

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
            self._abort()
            raise
        if isinstance(frame, bytes):
            raise self._gone(f"{self._where} sent a binary frame; this protocol has text frames only.")
        self._bytes_down += _size(frame)
        return frame

    async def reconnect(self) -> None:
        """Drop what there is, without a goodbye, and connect. Raises ConnectionLost, ProviderError."""
        from websockets import exceptions
        from websockets.asyncio.client import connect

        self._abort()
        try:
            self._connection = await connect(
                self._url.geturl(),
                additional_headers=self._headers,
                user_agent_header=_user_agent(),
                compression="deflate",
                proxy=None if _is_local(self._url.hostname) else True,
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
        except TimeoutError as error:
            raise ConnectionLost(f"{self._where} did not answer within {self._connect_seconds:g} seconds.") from error
        except ssl.SSLCertVerificationError as error:
            raise ProviderError(
                f"The certificate of {self._url.hostname} could not be verified ({error.verify_message}); "
                "SSL_CERT_FILE names a private authority."
            ) from error
        except (OSError, exceptions.InvalidHandshake) as error:
            raise ConnectionLost(f"Could not connect to {self._where}: {_reason(error)}.") from error
        except (exceptions.InvalidProxy, ImportError) as error:
            raise ProviderError(f"The proxy for {self._url.hostname} cannot be used: {_reason(error)}.") from error

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

    def _abort(self) -> None:
        connection, self._connection = self._connection, None
        self._fresh = False
        self._started = False
        if connection is not None:
            connection.transport.abort()

    @property
    def _where(self) -> str:
        """The URL as it may be shown: without credentials and query."""
        host = f"[{self._url.hostname}]" if ":" in (self._url.hostname or "") else self._url.hostname
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self._url.scheme}://{host}{port}{self._url.path}"

    def _gone(self, message: str, *, permanent: bool = False) -> ConnectionLost:
        started = self._started
        self._abort()
        return ConnectionLost(message, started=started, permanent=permanent)

    def _lost(self, closed: "ConnectionClosed") -> ConnectionLost:
        """A closed connection, in one line."""
        close = closed.rcvd or closed.sent
        if close is None:
            return self._gone(f"The connection to {self._where} was cut.")
        why = f": {_one_line(close.reason)}" if close.reason else ""
        return self._gone(
            f"The connection to {self._where} was closed ({close.code}{why}).", permanent=close.code in _PERMANENT
        )

    def _refused(self, response: "Response") -> ConnectionLost | ProviderError:
        """An upgrade that was answered by an HTTP status."""
        status, host = response.status_code, self._url.hostname
        error = _service_error(response.body)
        code = error.get("code") or None
        if status in (401, 403):
            return ProviderError(
                f"{host} did not accept the API key ({status}); check the key and its rights.", code=code
            )
        if status in (404, 405, 426):
            return ProviderError(
                f"{host} offers no WebSocket mode at {self._url.path} ({status}); check the base URL.", code=code
            )
        said = _one_line(error.get("message", "")).replace(self._api_key or "\0", "…")
        message = f"{host} refused the connection ({status}){': ' if said else ''}{said}"
        if (status == 429 and code != "insufficient_quota") or status >= 500:
            return ConnectionLost(message, retry_after=_retry_after(response))
        return ProviderError(message, code=code)


def _endpoint(base_url: str) -> SplitResult:
    """The base URL with its scheme switched and `/responses` appended; a query is kept."""
    url = urlsplit(base_url)
    scheme = _SCHEMES.get(url.scheme)
    if scheme is None or not url.hostname:
        raise SettingsError("base_url", "The base URL must look like https://api.openai.com/v1.")
    return url._replace(scheme=scheme, path=f"{url.path.rstrip('/')}/responses", fragment="")


def _is_local(host: str | None) -> bool:
    """This machine itself: no proxy could reach it, whatever the environment says."""
    return host in ("localhost", "::1") or (host or "").startswith("127.")


def _size(frame: str) -> int:
    return len(frame) if frame.isascii() else len(frame.encode())


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"patchwire/{version('patchwire')}"
    except PackageNotFoundError:  # run from a bundle that was never installed
        return "patchwire"


def _one_line(text: str, most: int = 200) -> str:
    return " ".join(text.split())[:most]


def _reason(error: Exception) -> str:
    """Why, in a few words: a system error's own text, or what the library says, without a full stop."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return _one_line(said).rstrip(".")


def _service_error(body: bytes | bytearray | None) -> dict[str, str]:
    """The `error` object of a JSON answer, as far as it is one; its values as text."""
    try:
        error = json.loads(body or b"{}")["error"]
        return {key: value for key, value in error.items() if isinstance(value, str)}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def _retry_after(response: "Response") -> float | None:
    """Seconds to wait as the service asks, from `retry-after-ms` or `retry-after` (seconds; a date is ignored)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(response.headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
