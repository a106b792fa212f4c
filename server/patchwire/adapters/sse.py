"""The Transport over HTTP: one POST a request, its answer read as server-sent events. And compaction, HTTP as well.

Knows httpx (its only door) and HTTP statuses; a frame is a JSON text to it. What goes up is the frame of the socket
with what HTTP does not know taken out; what comes down are the same frames. A refusal by status becomes an `error`
frame, so that whoever reads frames finds one kind of error. httpx is imported when the first request is made.
"""

import asyncio
import contextlib
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from patchwire.adapters import endpoint
from patchwire.adapters.credentials import without
from patchwire.adapters.event_stream import EventStream
from patchwire.errors import ConnectionLost, PatchwireError, ProviderError
from patchwire.ports import Capabilities

if TYPE_CHECKING:
    import httpx

_SOCKET_ONLY = ("type", "stream_id", "generate", "client_metadata")
_DRAIN_SECONDS = 0.2
_ERROR_BYTES = 64 * 1024
_HEADERS_KEPT = ("retry-after", "retry-after-ms")


class HttpTransport:
    """Fulfils `ports.Transport`. Nothing is sent, and nothing connected, before the first `send`.

    An answer must show its first event within `first_event_seconds`, then one every `silence_seconds`; comments, which
    some servers send to keep the line open, are no events. A request that was lost, cancelled or closed has to be
    followed by `reconnect`.
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
        first_event_seconds: float = 120.0,
        silence_seconds: float = 900.0,
        compact_seconds: float = 600.0,
    ) -> None:
        """Raises SettingsError for a base URL that is none and a key that no header can carry."""
        self._url = endpoint.http_url(base_url)
        self._compact_url = endpoint.http_url(base_url, "responses/compact")
        self._api_key = api_key
        self._headers = endpoint.headers(api_key, organization, project)
        self._connect_seconds = connect_seconds
        self._send_seconds = send_seconds
        self._first_event_seconds = first_event_seconds
        self._silence_seconds = silence_seconds
        self._compact_seconds = compact_seconds
        self._client: httpx.AsyncClient | None = None
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._events = EventStream()
        self._frames: deque[str] = deque()
        self._usable = True
        self._answered = False
        self._closing: asyncio.Future[None] | None = None  # held, so that nobody forgets it before it is done
        self._bytes_up = 0
        self._bytes_down = 0

    @property
    def capabilities(self) -> Capabilities:
        """HTTP forgets: every request carries everything, and none only prepares."""
        return Capabilities(incremental=False, warm_up=False)

    @property
    def bytes_up(self) -> int:
        """Bytes of the bodies sent so far."""
        return self._bytes_up

    @property
    def bytes_down(self) -> int:
        """UTF-8 bytes of the frames received so far."""
        return self._bytes_down

    @property
    def worn(self) -> bool:
        """Whether only `reconnect` helps."""
        return not self._usable

    async def send(self, frame: str) -> None:
        """Post one request and wait for the answer to begin. Raises ConnectionLost, ProviderError."""
        if not self._usable:
            raise ConnectionLost(f"There is no connection to {self._where}.")
        await self._drain()
        body = _body(frame)
        self._answered = False
        self._events = EventStream()
        self._usable = False  # until it is known to have gone well; a cancelled call leaves it so
        response = await self._post(self._url.geturl(), body, self._first_event_seconds)
        self._usable = True
        self._response = response
        self._bytes_up += len(body)
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if response.status_code != 200 or kind == "application/json":
            await self._read_whole(response)
        else:
            self._chunks = response.aiter_bytes()

    async def receive(self) -> str:
        """The next event's data. Raises ConnectionLost."""
        while not self._frames:
            if self._chunks is None:
                raise self._gone(
                    f"There is no answer to wait for from {self._where}.", started=self._response is not None
                )
            seconds = self._silence_seconds if self._answered else self._first_event_seconds
            self._frames += self._events.feed(await self._next_chunk(self._chunks, seconds))
        self._answered = True
        frame = self._frames.popleft()
        self._bytes_down += endpoint.size(frame)
        return frame

    async def reconnect(self) -> None:
        """Drop the answer that was being read, if any. The next `send` connects."""
        await self._drop()
        self._usable = True

    async def aclose(self) -> None:
        """Close every connection, also where the caller is cancelled meanwhile. Never raises."""
        response, self._response, self._chunks = self._response, None, None
        client, self._client = self._client, None
        self._frames.clear()
        self._usable = False
        if client is not None:
            self._closing = asyncio.ensure_future(_close(response, client))
            await asyncio.shield(self._closing)

    async def compact(self, request: str) -> str:
        """`POST /responses/compact`: the answer's text. Raises ProviderError."""
        try:
            response = await self._post(self._compact_url.geturl(), request.encode(), self._compact_seconds)
            try:
                async with self._reading(self._compact_seconds):
                    text = (await response.aread()).decode("utf-8", "replace")
            finally:
                await response.aclose()
        except ConnectionLost as lost:
            raise ProviderError(f"The history could not be compacted: {lost}") from lost
        if response.status_code != 200:
            said = self._said(response, text.encode())
            raise ProviderError(f"The history could not be compacted: {said}", status=response.status_code)
        self._bytes_up += len(request)
        self._bytes_down += len(text)
        return text

    # ---- the request

    async def _post(self, url: str, body: bytes, seconds: float) -> "httpx.Response":
        """The answer, as soon as its head is there. Raises ConnectionLost, ProviderError."""
        import httpx

        headers = self._headers | {"Content-Type": "application/json", "Accept": "text/event-stream"}
        started = False
        try:
            client = self._connected()
            request = client.build_request("POST", url, content=body, headers=headers)
            async with asyncio.timeout(seconds):
                started = True
                return await client.send(request, stream=True)
        except TimeoutError as error:
            raise ConnectionLost(
                f"{self._where} gave no answer within {seconds:g} seconds; the request may be too long for it.",
                started=True,
            ) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise self._unreachable(error) from error
        except httpx.TransportError as error:
            raise ConnectionLost(
                f"The connection to {self._where} was lost: {endpoint.reason(error)}.", started=started
            ) from error
        except (httpx.InvalidURL, ValueError, ImportError) as error:
            raise ProviderError(f"{self._where} cannot be reached: {endpoint.reason(error)}.") from error

    def _connected(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            # The system's authorities, for an HTTPS proxy too: httpx's own list is not in every bundle of ours.
            secure = ssl.create_default_context() if self._url.scheme == "https" else None
            proxy = endpoint.proxy_for(self._url)
            is_https = proxy is not None and proxy.startswith("https:")
            self._client = httpx.AsyncClient(
                headers={"User-Agent": endpoint.USER_AGENT},
                verify=secure or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                proxy=httpx.Proxy(proxy or "", ssl_context=ssl.create_default_context()) if is_https else proxy,
                trust_env=False,
                timeout=httpx.Timeout(None, connect=self._connect_seconds, write=self._send_seconds),
            )
        return self._client

    def _unreachable(self, error: Exception) -> PatchwireError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return endpoint.untrusted(self._url, cause.verify_message)
            cause = cause.__cause__ or cause.__context__
        return ConnectionLost(f"Could not connect to {self._where}: {endpoint.reason(error)}.")

    # ---- the answer

    async def _next_chunk(self, chunks: AsyncIterator[bytes], seconds: float) -> bytes:
        try:
            async with self._reading(seconds):
                return await anext(chunks)
        except BaseException as error:
            await self._drop()
            if isinstance(error, StopAsyncIteration):
                raise self._gone(f"{self._where} ended its answer too early.", started=True) from error
            raise

    @contextlib.asynccontextmanager
    async def _reading(self, seconds: float) -> AsyncIterator[None]:
        """Within so many seconds; whatever else can go wrong with an answer becomes ConnectionLost, too."""
        import httpx

        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            hint = "" if self._answered else "; the request may be too long for it"
            raise ConnectionLost(
                f"{self._where} sent no event within {seconds:g} seconds{hint}.", started=True
            ) from error
        except httpx.TransportError as error:
            raise ConnectionLost(f"The connection to {self._where} was cut.", started=True) from error
        except httpx.DecodingError as error:
            why = endpoint.reason(error)
            raise ConnectionLost(f"What {self._where} answered cannot be read: {why}.", started=True) from error

    async def _read_whole(self, response: "httpx.Response") -> None:
        """An answer that is no event stream: a refusal, or a server that does not stream."""
        chunks = response.aiter_bytes()
        raw = b""
        while response.status_code == 200 or len(raw) < _ERROR_BYTES:
            try:
                raw += await self._next_chunk(chunks, self._first_event_seconds)
            except ConnectionLost as lost:
                if not isinstance(lost.__cause__, StopAsyncIteration):
                    raise
                break
        await self._drop()
        self._usable = True
        self._frames.append(_whole(raw) if response.status_code == 200 else self._error_frame(response, raw))

    def _error_frame(self, response: "httpx.Response", raw: bytes) -> str:
        error: dict[str, Any] = {**endpoint.service_error(raw), "message": self._said(response, raw)}
        headers = {name: response.headers[name] for name in _HEADERS_KEPT if name in response.headers}
        return json.dumps({"type": "error", "status": response.status_code, "headers": headers, "error": error})

    def _said(self, response: "httpx.Response", raw: bytes) -> str:
        """What a refusal says, without the key if it repeats it."""
        said = endpoint.one_line(endpoint.service_error(raw).get("message", ""), 1000)
        return without(self._api_key, said) or f"{self._where} answered {response.status_code}"

    # ---- the end

    async def _drain(self) -> None:
        """Read what is left of the last answer, so that its connection can be used again; do not wait for it long."""
        if self._chunks is not None:
            try:
                async with asyncio.timeout(_DRAIN_SECONDS):
                    async for _ in self._chunks:
                        pass
            except Exception:  # noqa: BLE001, S110 - the answer has been read; only the connection is lost
                pass
        await self._drop()
        self._usable = True

    async def _drop(self) -> None:
        response, self._response, self._chunks = self._response, None, None
        self._frames.clear()
        self._usable = False
        if response is not None:
            await response.aclose()

    def _gone(self, message: str, *, started: bool) -> ConnectionLost:
        self._usable = False
        return ConnectionLost(message, started=started)

    @property
    def _where(self) -> str:
        return endpoint.shown(self._url)


async def _close(response: "httpx.Response | None", client: "httpx.AsyncClient") -> None:
    with contextlib.suppress(Exception):
        if response is not None:
            await response.aclose()
    with contextlib.suppress(Exception):
        await client.aclose()


def _body(frame: str) -> bytes:
    """A `response.create` frame as the body of a POST."""
    fields = {key: value for key, value in json.loads(frame).items() if key not in _SOCKET_ONLY}
    # What does not change from one request to the next stays in front, for the service's cache as for a reader's eye.
    given = fields.pop("input", None)
    fields |= {"stream": True} | ({} if given is None else {"input": given})
    try:
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(fields, separators=(",", ":")).encode()


def _whole(raw: bytes) -> str:
    """A response that came as one JSON object, as the frame that would have ended its stream."""
    try:
        response = json.loads(raw)
        status = response["status"] if response["status"] in ("failed", "incomplete") else "completed"
    except (ValueError, LookupError, TypeError):
        return raw.decode("utf-8", "replace")
    return json.dumps({"type": f"response.{status}", "response": response})
