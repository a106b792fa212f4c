"""What is the socket's own: URLs, headers, refusals, close codes, time limits. The rest: the Transport contract."""

import asyncio
import base64
import json
import logging
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.certificates import self_signed
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from patchwire.adapters.socket import WebSocketTransport
from patchwire.errors import ConnectionLost, ProviderError, SettingsError
from patchwire.loopback.play import Play
from patchwire.loopback.server import Loopback

KEY = "sk-secret-0123456789"
Handler = Callable[[ServerConnection], Awaitable[None]]
Speech = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handler: Handler, **settings: Any) -> AsyncIterator[str]:
    """A bare WebSocket server; yields its base URL."""
    async with serve(handler, "127.0.0.1", 0, close_timeout=0.1, **settings) as running:
        port = running.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"


@asynccontextmanager
async def answering(status: int, body: str = "", **headers: str) -> AsyncIterator[str]:
    """A server that answers every upgrade with an HTTP status."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(status, "No", Headers({"Content-Length": str(len(body)), **named}), body.encode())

    async with server(echo, process_request=refuse) as url:
        yield url


def noise(megabytes: int) -> str:
    """A text that hardly compresses."""
    return base64.b64encode(random.Random(7).randbytes(megabytes * 750_000)).decode()


async def echo(connection: ServerConnection) -> None:
    async for frame in connection:
        await connection.send(frame)


async def test_the_handshake_goes_to_responses_with_the_key_and_little_else() -> None:
    seen: list[Request] = []

    async def look(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request)
        await echo(connection)

    async with server(look) as url:
        transport = WebSocketTransport(f"{url}?tier=a", KEY, organization="org-1", project="proj-2")
        await transport.send("one")
        assert await transport.receive() == "one"
        await transport.aclose()
    headers = seen[0].headers
    assert seen[0].path == "/v1/responses?tier=a"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert (headers["OpenAI-Organization"], headers["OpenAI-Project"]) == ("org-1", "proj-2")
    assert headers["User-Agent"].startswith("patchwire/")
    assert "permessage-deflate" in headers["Sec-WebSocket-Extensions"]
    assert "OpenAI-Beta" not in headers
    assert "Sec-WebSocket-Protocol" not in headers


@pytest.mark.parametrize(
    ("base_url", "endpoint"),
    [
        ("https://api.openai.com/v1", "wss://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/", "wss://api.openai.com/v1/responses"),
        ("http://127.0.0.1:8000/v1?a=b&c", "ws://127.0.0.1:8000/v1/responses?a=b&c"),
        ("wss://gateway.example/openai/v1#part", "wss://gateway.example/openai/v1/responses"),
        ("http://[::1]:9", "ws://[::1]:9/responses"),
    ],
)
def test_the_endpoint_is_the_base_url_with_its_scheme_switched(base_url: str, endpoint: str) -> None:
    assert WebSocketTransport(base_url, KEY)._url.geturl() == endpoint


@pytest.mark.parametrize("base_url", ["", "api.openai.com/v1", "ftp://x/v1", "https:///v1"])
def test_a_base_url_that_is_none_is_named_as_a_setting(base_url: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        WebSocketTransport(base_url, KEY)
    assert wrong.value.key == "base_url"


@pytest.mark.parametrize("key", ["sk-1\n", "sk-1\r\nX: y", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        WebSocketTransport("http://localhost", key)
    assert wrong.value.key == "api_key"
    assert key not in str(wrong.value)


async def test_without_a_key_no_authorization_is_sent() -> None:
    seen: list[Headers] = []

    async def look(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers)

    async with server(look) as url:
        transport = WebSocketTransport(url, "")
        await transport.reconnect()
        await transport.aclose()
    assert "Authorization" not in seen[0]


def openai_error(code: str, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message, "type": "x", "param": None}})


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_names_the_host_but_never_the_key(status: int) -> None:
    async with answering(status, openai_error("invalid_api_key", f"Incorrect API key provided: {KEY}")) as url:
        with pytest.raises(ProviderError, match=r"127\.0\.0\.1 did not accept the API key") as refused:
            await WebSocketTransport(url, KEY).send("x")
    assert refused.value.code == "invalid_api_key"
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [404, 405, 426])
async def test_a_server_without_websocket_mode_is_said_to_be_one(status: int) -> None:
    async with answering(status, "<html>") as url:
        with pytest.raises(ProviderError, match=f"no WebSocket mode at /v1/responses .{status}") as refused:
            await WebSocketTransport(url, KEY).send("x")
    assert refused.value.code is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry_After": "12"}, 12.0),
        ({"retry_after_ms": "1500", "Retry_After": "2"}, 1.5),
        ({"Retry_After": "-1"}, None),
        ({"Retry_After": "inf"}, None),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
async def test_a_busy_server_may_say_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    for status in (429, 500, 503):
        async with answering(status, openai_error("slow_down", "Slow  down."), **headers) as url:
            with pytest.raises(ConnectionLost, match="Slow down") as lost:
                await WebSocketTransport(url, KEY).send("x")
        assert lost.value.retry_after == seconds
        assert not lost.value.started
        assert not lost.value.permanent


async def test_an_empty_purse_is_not_retried() -> None:
    async with answering(429, openai_error("insufficient_quota", f"You exceeded your quota ({KEY}).")) as url:
        with pytest.raises(ProviderError, match="exceeded your quota") as refused:
            await WebSocketTransport(url, KEY).send("x")
    assert refused.value.code == "insufficient_quota"
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("body", ["", "[]", "{", '{"error": "no"}', '{"error": {"message": {"a": 1}}}'])
async def test_any_other_refusal_ends_the_turn_whatever_its_body(body: str) -> None:
    async with answering(400, body) as url:
        with pytest.raises(ProviderError, match=r"refused the connection \(400\)$"):
            await WebSocketTransport(url, KEY).send("x")


async def test_a_base_url_without_its_version_is_found_out() -> None:
    async with Loopback(Play()) as loopback:
        with pytest.raises(ProviderError, match=r"no WebSocket mode at /responses \(404\)"):
            await WebSocketTransport(loopback.base_url.removesuffix("/v1"), loopback.token).send("x")


async def test_a_redirect_to_a_page_for_people_is_said_to_be_one() -> None:
    async with answering(302, Location="https://login.example/?back=sk-elsewhere") as url:
        with pytest.raises(ProviderError, match=r"127\.0\.0\.1 redirects .* check the base URL") as refused:
            await WebSocketTransport(url, KEY).send("one")
        assert "sk-elsewhere" not in str(refused.value)


async def test_nobody_listening_names_the_url_without_its_secrets() -> None:
    async with server(echo) as url:
        pass
    hidden = url.replace("http://", "http://user:pass@") + "?token=abc"
    with pytest.raises(ConnectionLost, match=r"ws://127.0.0.1:\d+/v1/responses: ") as lost:
        await WebSocketTransport(hidden, KEY).send("x")
    assert not lost.value.started
    for secret in ("user", "pass", "abc", KEY):
        assert secret not in str(lost.value)


@asynccontextmanager
async def speaking(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A bare TCP server; yields its base URL. Whatever `speak` still does at the end is cancelled."""
    handlers = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        try:
            await speak(reader, writer)
            await reader.read()
        finally:
            writer.transport.abort()

    # A small limit, so that what nobody reads fills the buffers soon.
    async with await asyncio.start_server(handle, "127.0.0.1", 0, limit=1024) as running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/v1"
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


async def test_a_server_that_is_no_http_server_is_a_lost_connection() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n\r\n")

    async with speaking(babble) as url:
        with pytest.raises(ConnectionLost, match="Could not connect"):
            await WebSocketTransport(url, KEY).send("x")


async def test_a_server_that_never_answers_the_upgrade_is_given_up() -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with speaking(stall) as url:
        with pytest.raises(ConnectionLost, match=r"did not answer within 0\.05 seconds"):
            await WebSocketTransport(url, KEY, connect_seconds=0.05).send("x")


async def test_a_proxy_that_cannot_be_used_is_the_users_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "nonsense://me:secret@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ProviderError, match=r"proxy for example\.invalid cannot be used") as unusable:
        await WebSocketTransport("http://example.invalid/v1", KEY).send("x")
    assert "secret" not in str(unusable.value)


async def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("x")
        assert await transport.receive() == "x"
        await transport.aclose()


async def test_a_certificate_nobody_vouches_for_is_the_users_to_mend(tmp_path: Path) -> None:
    async with server(echo, ssl=self_signed(tmp_path)[0]) as url:
        with pytest.raises(ProviderError, match="SSL_CERT_FILE"):
            await WebSocketTransport(url.replace("http", "https"), KEY).send("x")


@pytest.mark.parametrize(
    ("code", "permanent"), [(1000, False), (1001, False), (1008, True), (1009, True), (1011, False), (1012, False)]
)
async def test_close_codes(code: int, permanent: bool) -> None:
    async def close(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.close(code, "why  not")

    async with server(close) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("x")
        with pytest.raises(ConnectionLost, match=rf"was closed \({code}: why not\)") as lost:
            await transport.receive()
    assert lost.value.permanent is permanent
    assert lost.value.started


async def test_a_connection_that_was_closed_while_idle_took_nothing() -> None:
    closed = asyncio.Event()

    async def close_when_idle(connection: ServerConnection) -> None:
        await connection.send(await connection.recv())
        await connection.close(1001)
        closed.set()

    async with server(close_when_idle) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("x")
        assert await transport.receive() == "x"
        await closed.wait()
        with pytest.raises(ConnectionLost) as lost:
            await transport.send("y")
        assert not lost.value.started
        assert transport.bytes_up == 1


async def test_a_frame_that_is_too_big_for_us_is_permanent() -> None:
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY, max_frame_bytes=1000)
        await transport.send("x" * 1001)
        with pytest.raises(ConnectionLost, match="1009") as lost:
            await transport.receive()
    assert lost.value.permanent


async def test_large_frames_pass_by_default() -> None:
    async with server(echo, max_size=None) as url:
        transport = WebSocketTransport(url, KEY)
        large = noise(8)
        await transport.send(large)
        assert await transport.receive() == large
        await transport.aclose()


async def test_a_binary_frame_breaks_the_protocol() -> None:
    async def binary(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(b"{}")
        await connection.wait_closed()

    async with server(binary) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("x")
        with pytest.raises(ConnectionLost, match="binary") as lost:
            await transport.receive()
        assert lost.value.started
        assert transport.bytes_down == 0


async def test_a_long_silence_is_a_loss() -> None:
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY, silence_seconds=0.05)
        await transport.send("x")
        await transport.receive()
        with pytest.raises(ConnectionLost, match=r"said nothing for 0\.05 seconds"):
            await transport.receive()


async def black_hole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A wire that dies after the handshake: nothing is read any more, nothing answered, no reset."""
    protocol = ServerProtocol()
    protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    protocol.send_response(protocol.accept(request))
    writer.write(b"".join(protocol.data_to_send()))
    await asyncio.Event().wait()


async def test_a_half_open_connection_is_found_by_its_missing_pongs() -> None:
    async with speaking(black_hole) as url:
        transport = WebSocketTransport(url, KEY, ping_seconds=0.02, pong_seconds=0.02)
        await transport.send("x")
        with pytest.raises(ConnectionLost, match="1011") as lost:
            await transport.receive()
        assert lost.value.started


async def test_a_send_that_nobody_reads_is_bounded() -> None:
    async with speaking(black_hole) as url:
        transport = WebSocketTransport(url, KEY, send_seconds=0.1)
        with pytest.raises(ConnectionLost, match=r"took no frame within 0\.1 seconds") as lost:
            await transport.send(noise(16))
        assert lost.value.started


async def test_reconnect_and_close_do_not_wait_for_a_goodbye() -> None:
    async with speaking(black_hole) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("x")
        started = asyncio.get_running_loop().time()
        await transport.reconnect()
        assert asyncio.get_running_loop().time() - started < 0.5
        await transport.send("x")
        started = asyncio.get_running_loop().time()
        await transport.aclose()
        assert asyncio.get_running_loop().time() - started < 1.5


async def test_a_cancelled_send_leaves_it_closed() -> None:
    async with speaking(black_hole) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.reconnect()
        sending = asyncio.create_task(transport.send(noise(16)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await sending
        with pytest.raises(ConnectionLost):
            await transport.send("x")


class Clocks:
    """A monotonic clock and a wall clock that a test turns by hand."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.wall = 1_000_000.0

    def pair(self) -> tuple[Callable[[], float], Callable[[], float]]:
        return lambda: self.monotonic, lambda: self.wall


async def test_a_connection_ages_and_is_not_worn_by_that() -> None:
    clocks = Clocks()
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY, clocks=clocks.pair())
        assert (transport.age, transport.worn) == (0.0, False)
        await transport.reconnect()
        clocks.monotonic += 3000
        clocks.wall += 3000
        assert (transport.age, transport.worn) == (3000.0, False)
        await transport.aclose()
        assert (transport.age, transport.worn) == (0.0, True)


async def test_a_machine_that_slept_suspects_its_connection() -> None:
    clocks = Clocks()
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY, clocks=clocks.pair())
        await transport.reconnect()
        clocks.monotonic += 5
        clocks.wall += 3600
        assert transport.worn
        await transport.aclose()


async def test_a_connection_that_the_server_closed_is_worn() -> None:
    async def close(connection: ServerConnection) -> None:
        await connection.close()

    async with server(close) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.reconnect()
        with pytest.raises(ConnectionLost):
            await transport.receive()
        assert transport.worn


async def test_debug_logs_never_hold_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with server(echo) as url:
        transport = WebSocketTransport(url, KEY)
        await transport.send("frame-text")
        await transport.receive()
        await transport.aclose()
    ours = [record for record in caplog.records if record.name.startswith("patchwire")]
    assert not [record for record in ours if KEY in record.getMessage() or "frame-text" in record.getMessage()]


def test_importing_it_loads_no_websocket_library() -> None:
    script = "import sys, patchwire.adapters.socket; sys.exit('websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
