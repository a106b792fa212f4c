"""HTTP/1.1 byte by byte: what a client may send, and what it gets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.loopback.client import MODEL

from patchwire.loopback.faults import Faults, Silence
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback


@asynccontextmanager
async def raw(server: Loopback) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def head(server: Loopback, line: str, *headers: str) -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.token}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of the next answer, which has to name its length."""
    top = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(top.partition("content-length: ")[2].partition("\r")[0] or 0)
    return int(top.split()[1]), await reader.readexactly(length)


async def test_one_connection_takes_request_after_request() -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(head(server, "GET /v1/models?x=1") + head(server, "GET /nothing"))  # the second without waiting
        assert (await answered(reader))[0] == 200
        status, body = await answered(reader)
        assert (status, json.loads(body)["error"]["message"]) == (404, "Invalid URL (GET /nothing)")
        writer.write(head(server, "GET /v1/models", "Connection: close"))
        assert (await answered(reader))[0] == 200
        assert await reader.read() == b""


async def test_a_body_may_come_in_chunks_and_wait_to_be_asked_for() -> None:
    body = json.dumps({"model": MODEL, "input": "go"}).encode()
    async with Loopback(Play(say("a"))) as server, raw(server) as (reader, writer):
        asked = head(server, "POST /v1/responses", "Transfer-Encoding: chunked", "Expect: 100-continue")
        writer.write(asked)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
        for piece in (body[:7], body[7:], b""):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        status, answer = await answered(reader)
    assert (status, json.loads(answer)["status"]) == (200, "completed")


async def test_a_head_has_no_body() -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(head(server, "HEAD /v1/models") + head(server, "GET /v1/models"))
        assert b"405" in await reader.readuntil(b"\r\n\r\n")
        assert (await answered(reader))[0] == 200


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\na b: c\r\n\r\n"])
async def test_what_is_no_http_is_told_so(nonsense: bytes) -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(nonsense)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")


async def test_an_upgrade_that_is_no_websocket_is_an_ordinary_request() -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(head(server, "GET /v1/models", "Connection: upgrade", "Upgrade: h2c"))
        assert (await answered(reader))[0] == 200


async def test_an_upgrade_elsewhere_is_refused_and_the_connection_lives_on() -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(head(server, "GET /v1/realtime", "Connection: upgrade", "Upgrade: websocket"))
        assert (await answered(reader))[0] == 404
        writer.write(head(server, "GET /v1/models"))
        assert (await answered(reader))[0] == 200


async def test_a_bad_handshake_is_refused() -> None:
    async with Loopback(Play()) as server, raw(server) as (reader, writer):
        writer.write(head(server, "GET /v1/responses", "Connection: upgrade", "Upgrade: websocket"))
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")


async def test_a_client_that_leaves_in_mid_stream_loses_its_response() -> None:
    body = json.dumps({"model": MODEL, "input": "go", "stream": True}).encode()
    async with Loopback(Play(say("a")), faults=Faults(requests={1: Silence(3)})) as server:
        async with raw(server) as (reader, writer):
            writer.write(head(server, "POST /v1/responses", f"Content-Length: {len(body)}") + body)
            await reader.readuntil(b"response.in_progress")
            writer.transport.abort()
        async with raw(server) as (reader, writer):
            writer.write(head(server, "GET /v1/models"))
            assert (await answered(reader))[0] == 200
        assert server.exchanges[0].status == "lost"


async def test_a_client_that_reads_slowly_gets_everything() -> None:
    body = json.dumps({"model": MODEL, "input": "go", "stream": True}).encode()
    async with Loopback(Play(say("a" * 4_000_000))) as server, raw(server) as (reader, writer):
        writer.write(head(server, "POST /v1/responses", f"Content-Length: {len(body)}", "Connection: close") + body)
        first = await reader.readuntil(b"response.in_progress")
        assert b"chunked" in first.lower()
        rest = await reader.read()
    assert rest.count(b"a" * 20_000) > 200
    assert b"event: response.completed" in rest
