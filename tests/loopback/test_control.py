"""The back door: what it shows, what it changes, and who may come in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from tests.loopback.client import connected, user
from websockets.exceptions import ConnectionClosed

from patchwire.loopback.faults import Drop, Faults
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback


@asynccontextmanager
async def door(server: Loopback, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    url = server.base_url.replace("/v1", "/_control")
    headers = {"Authorization": f"Bearer {token or server.token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        yield http


def talkative() -> Play:
    return Play(*(say(str(number)) for number in range(9)))


async def test_the_record_can_be_read() -> None:
    async with Loopback(talkative()) as server, connected(server) as client, door(server) as http:
        await client.response([user("one")], stream_id="a", metadata={"context_sha256": "0"})
        await client.refused("two", previous_response_id="resp_0")
        told = (await http.get("exchanges")).json()
    first, second = told["exchanges"]
    assert (first["lane"], first["connection"], first["status"]) == ("a", 1, "completed")
    assert first["context"] == [user("one")]
    assert first["output"][0]["type"] == "message"
    assert "the client's context_sha256 is 0" in first["difference"]
    assert (second["status"], second["error"]["code"]) == ("refused", "previous_response_not_found")
    assert told["differences"] == 1


async def test_a_transcript_is_held_against_the_servers() -> None:
    async with Loopback(talkative()) as server, connected(server) as client, door(server) as http:
        response = await client.response([user("one")])
        right = {"response_id": response["id"], "input": "one"}
        assert (await http.post("compare", json=right)).json() == {"difference": None}
        wrong = {"response_id": response["id"], "input": [user("two")]}
        told = (await http.post("compare", json=wrong)).json()["difference"]
        assert told.startswith("item 0: the server has")
        assert server.exchanges[0].difference == told
        for body in ({"response_id": "resp_0", "input": []}, {}):
            assert (await http.post("compare", json=body)).status_code == 400
        with pytest.raises(KeyError):
            server.control.compare("resp_0", [])


async def test_faults_can_be_changed_and_are_counted_from_there() -> None:
    async with Loopback(talkative()) as server, door(server) as http:
        async with connected(server) as client:
            await client.response("one")
            faults = {"requests": {"2": {"fail": {"status": 503}}}, "habits": {"warm_up": False}}
            assert (await http.put("faults", json=faults)).status_code == 200
            await client.response("two")
            assert (await client.refused("three"))["status"] == 503
            assert (await client.refused([], generate=False))["error"]["code"] == "unknown_parameter"
            wrong = await http.put("faults", json={"requests": {"2": "nonsense"}})
        assert wrong.status_code == 400
        assert "requests.2: there is no fault 'nonsense'" in wrong.json()["error"]["message"]


async def test_limits_hold_for_the_next_connection() -> None:
    async with Loopback(talkative()) as server:
        server.control.provoke(Faults(requests={1: Drop(1, 1012)}), limits=Limits(message_bytes=500), habits=Habits())
        async with connected(server) as client:
            with pytest.raises(ConnectionClosed) as closed:
                await client.turn("x" * 500)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        async with connected(server) as client:
            with pytest.raises(ConnectionClosed):
                await client.turn("one")


async def test_memory_can_be_taken_away() -> None:
    async with Loopback(talkative()) as server, connected(server) as client, door(server) as http:
        first = await client.response("one")
        await http.post("forget")
        refused = await client.refused("two", previous_response_id=first["id"])
    assert refused["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize(("body", "code"), [({"code": 1012}, 1012), ({}, None)])
async def test_connections_can_be_dropped(body: dict[str, int], code: int | None) -> None:
    async with Loopback(talkative()) as server, connected(server) as client, door(server) as http:
        await client.response("one")
        await http.post("drop", json=body)
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert (closed.value.rcvd.code if closed.value.rcvd else None) == code


async def test_connections_can_expire() -> None:
    async with Loopback(talkative()) as server, connected(server) as client, door(server) as http:
        await client.response("one")
        await http.post("expire")
        assert (await client.next())["error"]["code"] == "websocket_connection_limit_reached"
        with pytest.raises(ConnectionClosed):
            await client.next()


async def test_connections_can_vanish() -> None:
    async with (
        Loopback(talkative()) as server,
        connected(server, ping_interval=0.02, ping_timeout=0.02, close_timeout=0.02) as client,
        door(server) as http,
    ):
        await client.response("one")
        await http.post("vanish")
        with pytest.raises(ConnectionClosed, match="keepalive ping timeout"):
            await client.next()


async def test_the_key_can_expire_and_the_door_still_opens() -> None:
    async with Loopback(talkative()) as server, door(server) as http:
        async with connected(server) as client:
            await client.response("one")
            await http.post("expire_key", json={"then": "sk-new"})
            refused = await client.refused("two")
            assert (refused["status"], refused["error"]["code"]) == (401, "token_expired")
        async with connected(server, headers={"Authorization": "Bearer sk-new"}) as client:
            await client.response("three")
        assert (await http.get("exchanges")).status_code == 200


async def test_the_door_asks_for_the_first_key() -> None:
    async with Loopback(talkative()) as server, door(server, "sk-wrong") as http:
        answer = await http.get("exchanges")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
