"""The failures seen in the wild, as a bare client meets them on a real socket; F1 to F34 of the protocol notes.

Those that are a rule of the server's and no fault of its stand in `test_connection`: F16, F17, F18, F20, F21.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.loopback.client import READ_FILE, connected, output, user
from websockets.exceptions import ConnectionClosed, InvalidStatus

from patchwire.loopback.faults import (
    BlackHole,
    Delay,
    Drop,
    Expire,
    ExpireKey,
    Fail,
    Faults,
    IgnoreClose,
    Inject,
    Leftover,
    Lifetime,
    Refuse,
    RequestFault,
    Silence,
    SlowPongs,
    Stall,
    Successor,
)
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.scenario import Scenario, load
from patchwire.loopback.server import Loopback

PAGE = Path(__file__).parents[2] / "docs" / "serve.md"


def talkative() -> Play:
    return Play(*(say(f"This is answer number {number}.") for number in range(9)))


def at(number: int, fault: RequestFault) -> Faults:
    return Faults(requests={number: fault})


@pytest.mark.parametrize("text", re.findall(r"^\| .* \| `(\{.*\})` \|$", PAGE.read_text("utf-8"), re.MULTILINE))
def test_the_page_shows_faults_that_can_be_read(text: str) -> None:
    assert load(text) != Scenario()


@pytest.mark.parametrize(
    ("fault", "last"),
    [
        (Drop(4), "response.content_part.added"),  # F1
        (Drop(6, of="characters"), "response.output_text.delta"),  # F3
        (Drop(1, of="message"), "response.output_item.done"),  # F4
    ],
)
async def test_a_drop_in_the_middle(fault: Drop, last: str) -> None:
    async with Loopback(talkative(), faults=at(1, fault)) as server, connected(server) as client:
        with pytest.raises(ConnectionClosed):
            await client.turn("one")
        assert client.events[-1]["type"] == last
    assert server.exchanges[0].status == "lost"


async def test_a_drop_between_a_call_and_the_end() -> None:  # F4
    play = Play([call("read_file", path="a", start_line=None), say("And this.")])
    faults = at(1, Drop(1, of="function_call"))
    async with Loopback(play, faults=faults) as server, connected(server) as client:
        with pytest.raises(ConnectionClosed):
            await client.turn("one", tools=[READ_FILE])
        assert client.events[-1]["item"]["type"] == "function_call"


async def test_the_lifetime_is_over_when_the_create_comes() -> None:  # F6
    async with Loopback(talkative(), faults=at(2, Expire())) as server, connected(server) as client:
        await client.response("one")
        refused = await client.refused("two")
        assert refused["error"]["code"] == "websocket_connection_limit_reached"
        assert "(60 minutes)" in refused["error"]["message"]
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_one_connection_may_live_shorter() -> None:  # F6
    faults = Faults(connections={1: Lifetime(0.02)})
    async with Loopback(talkative(), faults=faults, habits=Habits(goodbye_code=None)) as server:
        async with connected(server) as client:
            assert (await client.next())["error"]["code"] == "websocket_connection_limit_reached"
            with pytest.raises(ConnectionClosed) as closed:
                await client.next()
            assert closed.value.rcvd is None
        async with connected(server) as client:
            await client.response("one")


async def test_an_upgrade_that_is_never_answered() -> None:  # F7
    async with Loopback(talkative(), faults=Faults(connections={1: Stall()})) as server:
        with pytest.raises(TimeoutError):
            await connected(server, open_timeout=0.05).__aenter__()
        async with connected(server) as client:
            await client.response("one")
    assert server.exchanges[0].connection == 2


@pytest.mark.parametrize("status", [401, 403, 404, 405, 426, 429, 503])
async def test_an_upgrade_that_is_refused_while_http_works(status: int) -> None:  # F10
    async with Loopback(talkative(), faults=Faults(every_connection=Refuse(status))) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connected(server).__aenter__()
        headers = {"Authorization": f"Bearer {server.token}"}
        async with httpx.AsyncClient(base_url=server.base_url, headers=headers, trust_env=False) as http:
            answer = await http.post("responses", json={"model": "gpt-6.2-sol", "input": "one"})
    assert refused.value.response.status_code == status
    assert answer.json()["status"] == "completed"


@pytest.mark.parametrize(
    "faults", [at(1, BlackHole()), at(1, BlackHole(3)), Faults(connections={1: BlackHole()})], ids=repr
)
async def test_a_black_hole_takes_everything_and_gives_nothing(faults: Faults) -> None:  # F11
    pings = {"ping_interval": 0.03, "ping_timeout": 0.03, "close_timeout": 0.03}
    async with Loopback(talkative(), faults=faults) as server:
        async with connected(server, **pings) as client:
            with pytest.raises(ConnectionClosed, match="keepalive ping timeout"):
                await client.turn("one")
        expected = next((fault.after for fault in faults.requests.values() if isinstance(fault, BlackHole)), 0)
        assert len(client.events) == expected
        async with connected(server) as client:
            await client.response("two")


async def test_what_still_runs_on_another_lane_falls_into_the_black_hole_too() -> None:  # F11
    faults = Faults(requests={1: Silence(1, seconds=0.05), 2: BlackHole(1)})
    settings = {"ping_interval": 0.1, "ping_timeout": 0.03, "close_timeout": 0.03}
    async with Loopback(talkative(), faults=faults) as server, connected(server, **settings) as client:
        await client.create("one", stream_id="a")
        await client.create("two", stream_id="b")
        with pytest.raises(ConnectionClosed, match="keepalive ping timeout"):
            await client.until("response.completed")
    assert [event["type"] for event in client.events] == ["response.created"] * 2
    assert [exchange.status for exchange in server.exchanges] == ["lost", "lost"]


async def test_silence_with_pongs() -> None:  # F12
    faults = at(1, Silence(2, seconds=0.1))
    async with (
        Loopback(talkative(), faults=faults) as server,
        connected(server, ping_interval=0.02, ping_timeout=5) as client,
    ):
        await client.response("one")


async def test_pongs_that_come_late() -> None:  # F13
    faults = Faults(connections={1: SlowPongs(0.2)})
    async with Loopback(talkative(), faults=faults) as server:
        async with connected(server, ping_interval=None) as client:
            pong = await client.socket.ping()
            await client.response("one")
            assert not pong.done()
            await asyncio.wait_for(pong, 5)
        async with connected(server, ping_interval=None) as client:
            await asyncio.wait_for(await client.socket.ping(), 5)


async def test_an_error_in_the_middle_without_status_and_number() -> None:  # F15
    fault = Fail(500, after=2, without=("status", "sequence_number"))
    async with Loopback(talkative(), faults=at(1, fault)) as server, connected(server) as client:
        error = await client.refused("one")
        assert set(error) == {"type", "error"}
        assert (error["error"]["type"], error["error"]["code"]) == ("server_error", None)
        assert [event["type"] for event in client.events] == ["response.created", "response.in_progress", "error"]
        await client.response("two")
    assert server.exchanges[0].status == "refused"


async def test_a_flat_error() -> None:  # F15
    fault = Fail(400, "x", "No.", flat=True)
    async with Loopback(talkative(), faults=at(1, fault)) as server, connected(server) as client:
        assert await client.refused("one") == {
            "type": "error",
            "status": 400,
            "code": "x",
            "message": "No.",
            "param": None,
        }


async def test_a_fork_that_starts_late_finds_its_parent_gone() -> None:  # F21
    async with Loopback(talkative(), faults=at(2, Delay(0.05))) as server, connected(server) as client:
        parent = await client.response("one")
        await client.create("fork", stream_id="side", previous_response_id=parent["id"])
        await client.create("two", previous_response_id=parent["id"])
        error = await client.until("error")
    assert (error["stream_id"], error["error"]["code"]) == ("side", "previous_response_not_found")


async def test_events_of_the_former_response_come_again() -> None:  # F22
    async with Loopback(talkative(), faults=at(2, Leftover(2))) as server, connected(server) as client:
        first = await client.response("one")
        before = client.events[-2:]
        client.events.clear()
        assert (await client.turn("two"))["response"]["id"] == first["id"]
        assert client.events == before
        assert (await client.until("response.completed"))["response"]["id"] != first["id"]


async def test_a_close_that_is_not_answered() -> None:  # F24
    faults = Faults(connections={1: IgnoreClose()})
    async with Loopback(talkative(), faults=faults) as server:
        async with connected(server, close_timeout=0.05) as client:
            await client.response("one")
            await client.socket.close()
            assert client.socket.close_code == 1006
        async with connected(server) as client:
            await client.socket.close()
            assert client.socket.close_code == 1000


async def test_headers_of_an_error_may_stand_inside() -> None:  # F25
    fault = Fail(503, "server_is_overloaded", headers={"Retry-After": "1"}, headers_inside=True)
    async with Loopback(talkative(), faults=at(2, fault)) as server, connected(server) as client:
        first = await client.response("one")
        error = await client.refused("two", previous_response_id=first["id"])
        assert error["error"]["headers"] == {"Retry-After": "1"}
        assert "headers" not in error


@pytest.mark.parametrize("fault", [Silence(), BlackHole()])
async def test_http_that_says_200_and_then_nothing(fault: RequestFault) -> None:  # F26
    async with Loopback(talkative(), faults=at(1, fault)) as server:
        headers = {"Authorization": f"Bearer {server.token}"}
        body = {"model": "gpt-6.2-sol", "input": "one", "stream": True}
        async with (
            httpx.AsyncClient(base_url=server.base_url, headers=headers, trust_env=False, timeout=0.2) as http,
            http.stream("POST", "responses", json=body) as answer,
        ):
            assert answer.status_code == 200
            with pytest.raises(httpx.ReadTimeout):
                await answer.aread()


async def test_events_and_items_that_nobody_knows() -> None:  # F29
    async with Loopback(talkative(), faults=at(1, Inject())) as server, connected(server) as client:
        response = await client.response("one")
        unknown = [event["type"] for event in client.events[1:4]]
        assert unknown == ["codex.rate_limits", "response.metadata", "keepalive"]
        assert [item["type"] for item in response["output"]] == ["message", "tool_search_call"]
        await client.response([user("one"), *response["output"], user("two")])  # it can be sent back


async def test_a_response_that_nobody_asked_for() -> None:  # F30
    async with Loopback(talkative(), faults=at(1, Successor("More."))) as server, connected(server) as client:
        first = await client.response("one", stream_id="a")
        second = (await client.until("response.completed"))["response"]
        assert second["previous_response_id"] == first["id"]
        assert client.events[-1]["stream_id"] == "a"
        await client.response("two", stream_id="a", previous_response_id=second["id"])
    assert server.exchanges[1].context[-1]["content"] == "More."


async def test_a_parameter_that_may_not_be_used() -> None:  # F32
    limits = Limits(forbidden=("reasoning.summary", "metadata"))
    async with Loopback(talkative(), limits=limits) as server, connected(server) as client:
        refused = await client.refused("one", reasoning={"effort": "low", "summary": "auto"})
        assert (refused["status"], refused["error"]["param"]) == (400, "reasoning.summary")
        assert refused["error"]["code"] == "unsupported_value"
        await client.response("one", reasoning={"effort": "low"})


async def test_a_request_larger_than_a_minute() -> None:  # F33
    async with Loopback(talkative(), limits=Limits(tokens_per_minute=100)) as server, connected(server) as client:
        refused = await client.refused("x" * 800)
        assert (refused["status"], refused["error"]["code"]) == (429, "rate_limit_exceeded")
        assert "(TPM): Limit 100, Requested 2" in refused["error"]["message"]
        await client.response("one")


@pytest.mark.parametrize("then", ["sk-new", None])
async def test_a_key_that_expires(then: str | None) -> None:  # F34
    async with Loopback(talkative(), faults=at(2, ExpireKey(then))) as server:
        async with connected(server) as client:
            await client.response("one")
            for _ in range(2):
                refused = await client.refused("two")
                assert (refused["status"], refused["error"]["code"]) == (401, "token_expired")
        with pytest.raises(InvalidStatus) as closed:
            await connected(server).__aenter__()
        assert closed.value.response.status_code == 401
        if then is not None:
            async with connected(server, headers={"Authorization": f"Bearer {then}"}) as client:
                await client.response("three")


@pytest.mark.parametrize(
    ("habits", "fields", "code"),
    [
        (Habits(lanes=False), {"stream_id": "a"}, "unknown_parameter"),
        (Habits(warm_up=False), {"generate": False}, "unknown_parameter"),
    ],
)
async def test_a_server_that_knows_less(habits: Habits, fields: dict[str, Any], code: str) -> None:
    async with Loopback(talkative(), habits=habits) as server, connected(server) as client:
        assert (await client.refused("one", **fields))["error"]["code"] == code
        await client.response("one")


async def test_a_server_that_lets_nobody_wait() -> None:
    faults = at(1, Silence(1, seconds=0.05))
    async with (
        Loopback(talkative(), faults=faults, habits=Habits(most_waiting=0)) as server,
        connected(server) as client,
    ):
        await client.create("one")
        assert (await client.refused("two"))["error"]["code"] == "response_already_in_progress"
        await client.create("beside", stream_id="a")
        for _ in range(2):
            await client.until("response.completed")
        await client.response("three")


async def test_a_server_that_lets_one_wait() -> None:
    faults = at(1, Silence(1, seconds=0.05))
    habits = Habits(most_waiting=1)
    async with Loopback(talkative(), faults=faults, habits=habits) as server, connected(server) as client:
        for text in ("one", "two", "three"):
            await client.create(text)
        assert (await client.until("error"))["error"]["code"] == "response_already_in_progress"
        for _ in range(2):
            await client.until("response.completed")


async def test_a_server_that_weighs_no_warm_up_and_tells_of_itself() -> None:
    habits = Habits(warm_up_usage=False, upgrade_headers={"openai-model": "gpt-6.2-sol"})
    async with Loopback(talkative(), habits=habits) as server, connected(server) as client:
        assert client.socket.response is not None
        assert client.socket.response.headers["openai-model"] == "gpt-6.2-sol"
        assert (await client.response([], generate=False))["usage"] is None
        assert (await client.response("one"))["usage"]["output_tokens"] > 0


async def test_a_server_that_closes_what_is_idle() -> None:
    async with Loopback(talkative(), habits=Habits(idle_seconds=0.05)) as server, connected(server) as client:
        await client.response("one")
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_a_server_without_compression() -> None:
    async with Loopback(talkative(), habits=Habits(compression=False)) as server, connected(server) as client:
        await client.response("one")
        assert client.socket.protocol.extensions == []


async def test_an_answer_to_an_open_call_after_a_forgotten_cache() -> None:  # F17
    play = Play(call("read_file", path="a", start_line=None), say("Done."))
    async with Loopback(play) as server, connected(server) as client:
        first = await client.response("one", tools=[READ_FILE])
        server.control.forget()
        answer = output(first["output"][0])
        refused = await client.refused([answer], tools=[READ_FILE])
        assert refused["error"]["message"].startswith("No tool call found for function call output")
        await client.response([user("one"), *first["output"], answer], tools=[READ_FILE])
