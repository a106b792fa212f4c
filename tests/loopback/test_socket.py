"""A socket beyond what a well-behaved client shows: fragments, bad text, floods, silence."""

import asyncio
import contextlib
import json
import time

import pytest
from tests.loopback.client import MODEL, connected
from websockets.exceptions import ConnectionClosed

from patchwire.loopback.faults import Faults, SlowPongs
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback

CREATE = json.dumps({"type": "response.create", "model": MODEL, "input": "ä", "store": False})


async def test_a_message_may_come_in_fragments() -> None:
    data = CREATE
    async with Loopback(Play(say("a"))) as server, connected(server) as client:
        await client.socket.send([data[:10], data[10:30], data[30:]])
        await client.until("response.completed")


async def test_text_that_is_no_utf_8_closes_with_1007() -> None:
    async with Loopback(Play()) as server, connected(server) as client:
        await client.socket.send(b"\xff", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


async def test_a_flood_is_taken_in_turn() -> None:
    async with Loopback(Play(*(say(str(number)) for number in range(100)))) as server, connected(server) as client:
        for _ in range(100):
            await client.socket.send(CREATE)
        for _ in range(100):
            await client.until("response.completed")
    assert len(server.exchanges) == 100


async def test_the_server_pings_and_lets_go_of_the_dead() -> None:
    habits = Habits(ping_seconds=0.02)
    async with Loopback(Play(say("a")), habits=habits) as server, connected(server) as client:
        await client.response("one")
        client.socket.transport.pause_reading()  # as if it were gone
        asyncio.get_running_loop().call_later(0.1, client.socket.transport.resume_reading)
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "keepalive ping timeout")


async def test_the_server_pings_and_keeps_the_living() -> None:
    habits = Habits(ping_seconds=0.01)
    async with Loopback(Play(say("a")), habits=habits) as server, connected(server) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.next(), 0.1)
        await client.response("one")


async def test_a_client_that_does_not_answer_the_goodbye_is_let_go() -> None:
    async with Loopback(Play(say("a"))) as server, connected(server, close_timeout=0.05) as client:
        await client.response("one")
        client.socket.transport.pause_reading()
        started = time.monotonic()
        server.control.drop(1012)
    assert time.monotonic() - started < 2


async def test_a_close_does_not_wait_for_a_late_pong() -> None:
    faults = Faults(connections={1: SlowPongs(60)})
    async with Loopback(Play(), faults=faults) as server, connected(server) as client:
        await client.socket.ping()
        await client.socket.close()
    assert client.socket.close_code == 1000


async def test_what_still_comes_after_the_goodbye_is_not_answered(caplog: pytest.LogCaptureFixture) -> None:
    async with Loopback(Play(), limits=Limits(message_bytes=100)) as server, connected(server) as client:
        with contextlib.suppress(ConnectionClosed):
            await client.socket.send("x" * 4_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    assert not [record for record in caplog.records if record.name == "asyncio"]
