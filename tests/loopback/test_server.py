"""Starting and stopping, the door, and what must not be left behind."""

import asyncio
import json
import logging
import signal
import threading
import time
from contextlib import AsyncExitStack
from http.client import HTTPConnection

import pytest
from tests.loopback.client import connected
from websockets.exceptions import InvalidStatus

from patchwire.loopback.faults import Faults, Refuse
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback


async def test_it_leaves_no_task_no_thread_and_no_signal_handler() -> None:
    threads, tasks = threading.active_count(), asyncio.all_tasks()
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with Loopback(Play(say("a"))) as server:
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
        async with connected(server) as client:
            await client.response("one")
    assert threading.active_count() == threads
    assert asyncio.all_tasks() == tasks


async def test_it_stops_at_once_with_open_sockets_and_a_model_that_still_thinks() -> None:
    let_on = threading.Event()
    asked = threading.Event()

    class Slow:
        def respond(self, request: object) -> list[dict[str, object]]:
            asked.set()
            assert let_on.wait(10)
            raise RuntimeError("nobody hears this")

    async with AsyncExitStack() as stack:
        async with Loopback(Slow()) as server:
            client = await stack.enter_async_context(connected(server))
            await client.create("one")
            assert await asyncio.to_thread(asked.wait, 10)
            started = time.perf_counter()
        assert time.perf_counter() - started < 1.0
        await client.socket.wait_closed()
    let_on.set()


async def test_it_can_be_started_again_on_the_same_port() -> None:
    async with Loopback(Play()) as first:
        port = first.port
    async with Loopback(Play(), port=port, token="sk-1") as second:
        assert second.base_url == f"http://127.0.0.1:{port}/v1"
        assert second.token == "sk-1"
        with pytest.raises(OSError, match="in use"):
            await Loopback(Play(), port=port).__aenter__()


async def test_stopping_what_was_never_started_is_harmless() -> None:
    await Loopback(Play()).__aexit__(None, None, None)


async def test_it_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with Loopback(Play(say("a"), ValueError("oops"))) as server, connected(server) as client:
        await client.response("one")
        await client.turn("two")
        await client.socket.send("nonsense")
        await client.next()
    assert caplog.records == []


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer schlüssel"])
async def test_the_door_asks_for_the_key(header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with Loopback(Play()) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connected(server, headers=headers).__aenter__()
    response = refused.value.response
    assert response.status_code == 401
    assert json.loads(response.body)["error"]["code"] == "invalid_api_key"
    assert server.exchanges == ()


async def test_an_upgrade_can_be_refused_with_any_status_and_headers() -> None:
    faults = Faults(connections={1: Refuse(429, "rate_limit_exceeded", headers={"Retry-After": "2"})})
    async with Loopback(Play(say("a")), faults=faults) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connected(server).__aenter__()
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"] == "2"
        async with connected(server) as client:
            await client.response("one")
    assert server.exchanges[0].connection == 2


async def test_it_works_beside_a_blocking_client_in_a_thread() -> None:
    def fetch(port: int, token: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {token}"})
        body = connection.getresponse().read()
        connection.close()
        return body

    async with Loopback(Play(), models=["patchwire-offline"]) as server:
        body = await asyncio.to_thread(fetch, server.port, server.token)
    names = [model["id"] for model in json.loads(body)["data"]]
    assert names[0] == "patchwire-offline"
    assert "gpt-6.2-sol" in names


async def test_a_name_that_only_this_server_was_told_of_is_served() -> None:
    async with Loopback(Play(say("a")), models=["patchwire-offline"]) as server, connected(server) as client:
        response = await client.response(
            "one", model="patchwire-offline", temperature=0.5, reasoning={"effort": "none"}
        )
    assert response["model"] == "patchwire-offline"
