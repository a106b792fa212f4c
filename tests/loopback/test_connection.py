"""A connection from the client's side: frames, chains, lanes, and the ways in which it ends."""

import asyncio
import threading
from typing import Any

import pytest
from tests.loopback.client import READ_FILE, TERMINAL, connected, output, user
from websockets.exceptions import ConnectionClosed

from patchwire.loopback.faults import Drop, Fail, Faults, Forget, Gone, Silence, Slam
from patchwire.loopback.model import Failed, Incomplete, Item, Request
from patchwire.loopback.play import Play, call, reasoning, say
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.server import Loopback
from patchwire.loopback.service import Limits


async def test_a_warm_up_prepares_and_is_chained_from() -> None:
    play = Play(say("ready"))
    async with Loopback(play) as server, connected(server) as client:
        warm = await client.response([], generate=False, instructions="Be brief.", tools=[READ_FILE])
        assert [event["type"] for event in client.events] == [
            "response.created",
            "response.in_progress",
            "response.completed",
        ]
        assert warm["output"] == []
        assert warm["usage"]["output_tokens"] == 0
        assert warm["usage"]["input_tokens"] > 0
        assert play.unfinished == 1
        await client.response([user("hello")], previous_response_id=warm["id"])
    assert play.unfinished == 0
    assert server.exchanges[1].context == (user("hello"),)


async def test_a_warm_up_with_the_whole_prompt_is_continued_by_nothing() -> None:
    async with Loopback(Play(say("hi"))) as server, connected(server) as client:
        warm = await client.response([user("hello")], generate=False)
        await client.response([], previous_response_id=warm["id"])
    assert server.exchanges[1].context == (user("hello"),)


async def test_the_record_holds_the_rebuilt_context_and_what_was_refused() -> None:
    play = Play([reasoning("hm"), call("read_file", path="a", start_line=None)], say("done"))
    async with Loopback(play) as server, connected(server) as client:
        first = await client.response([user("go")], tools=[READ_FILE])
        answer = output(first["output"][1])
        second = await client.response([answer], previous_response_id=first["id"], tools=[READ_FILE])
        await client.refused([user("x")], previous_response_id="resp_0")
    one, two, three = server.exchanges
    assert one.context == (user("go"),)
    assert one.output == tuple(first["output"])
    assert two.context == (user("go"), *first["output"], answer)
    assert (two.response_id, two.status, two.connection, two.lane) == (second["id"], "completed", 1, None)
    assert two.body["input"] == [answer]
    assert (three.status, three.response_id) == ("refused", None)
    assert three.error is not None
    assert three.error["code"] == "previous_response_not_found"
    assert play.requests[1].context == two.context


async def test_only_the_latest_response_of_a_lane_can_be_continued() -> None:
    async with Loopback(Play(say("a"), say("b"))) as server, connected(server) as client:
        first = await client.response("one")
        await client.response("two")
        refused = await client.refused("three", previous_response_id=first["id"])
        assert refused["error"]["code"] == "previous_response_not_found"


async def test_a_stored_response_outlives_its_connection() -> None:
    async with Loopback(Play(say("a"), say("b"))) as server:
        async with connected(server) as client:
            first = await client.response("one", store=True)
        async with connected(server) as client:
            second = await client.response("two", store=True, previous_response_id=first["id"])
    assert second["status"] == "completed"
    assert len(server.exchanges[1].context) == 3


async def test_parallel_calls_must_all_be_answered() -> None:
    calls = [call("read_file", path=name, start_line=None) for name in ("a", "b")]
    async with Loopback(Play(calls)) as server, connected(server) as client:
        first = await client.response("go", tools=[READ_FILE])
        refused = await client.refused([output(first["output"][0])], previous_response_id=first["id"])
    second_id = first["output"][1]["call_id"]
    assert refused["error"]["message"] == f"No tool output found for function call {second_id}."
    assert (refused["status"], refused["error"]["param"]) == (400, "input")


@pytest.mark.parametrize(
    ("frame", "param", "code"),
    [
        ("{", None, None),
        ("[]", None, None),
        ('{"type": "response.cancel"}', "type", "invalid_value"),
        ("{}", "type", "invalid_value"),
        ('{"type": "response.create"}', "model", "missing_required_parameter"),
        ('{"type": "response.create", "model": "gpt-6.2-sol"}', "input", "missing_required_parameter"),
        ('{"type": "response.create", "model": "gpt-9", "input": "x"}', "model", "model_not_found"),
        ('{"type": "response.create", "model": "gpt-6.2-sol", "input": "x", "n": 1}', "n", "unknown_parameter"),
    ],
)
async def test_a_bad_frame_is_refused_and_the_connection_stays(frame: str, param: Any, code: Any) -> None:
    async with Loopback(Play(say("fine"))) as server, connected(server) as client:
        await client.socket.send(frame)
        error = await client.next()
        assert (error["type"], error["status"], error["error"]["param"], error["error"]["code"]) == (
            "error",
            400,
            param,
            code,
        )
        await client.response("hello")


async def test_a_binary_frame_closes_with_1003() -> None:
    async with Loopback(Play()) as server, connected(server) as client:
        await client.socket.send(b"{}")
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003


async def test_a_message_that_is_too_large_closes_with_1009() -> None:
    async with Loopback(Play(), limits=Limits(message_bytes=1000)) as server, connected(server) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.turn("x" * 1000)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_compression_is_used_where_it_is_offered() -> None:
    async with Loopback(Play(say("a" * 5000))) as server, connected(server) as client:
        await client.response("hello")
        assert [extension.name for extension in client.socket.protocol.extensions] == ["permessage-deflate"]
    async with Loopback(Play(say("a"))) as server, connected(server, compression=None) as client:
        await client.response("hello")
        assert client.socket.protocol.extensions == []


@pytest.mark.parametrize(
    ("act", "status", "error"),
    [
        (Failed("no idea", code="server_error"), "failed", {"code": "server_error", "message": "no idea"}),
        (Incomplete([say("half a")]), "incomplete", None),
        (ValueError("oops"), "failed", "made a mistake: ValueError('oops')"),
        ({"type": "function_call", "name": "x"}, "failed", "made a mistake: KeyError('arguments')"),
    ],
)
async def test_a_response_that_is_not_completed_cannot_be_continued(act: Any, status: str, error: Any) -> None:
    async with Loopback(Play(say("a"), act)) as server, connected(server) as client:
        first = await client.response("one")
        event = await client.turn("two", previous_response_id=first["id"])
        assert event["type"] == f"response.{status}"
        response = event["response"]
        if isinstance(error, str):
            assert error in response["error"]["message"]
        else:
            assert response["error"] == error
        assert (response["usage"] is None) == (status == "failed")
        for parent in (first, response):
            refused = await client.refused("three", previous_response_id=parent["id"])
            assert refused["error"]["code"] == "previous_response_not_found"
    assert server.exchanges[1].status == status


async def test_a_model_may_refuse_in_the_middle_of_a_stream() -> None:
    act = Refusal(429, "Slow down.", code="slow_down", headers={"retry-after": "3"})
    async with Loopback(Play(act)) as server, connected(server) as client:
        event = await client.refused("one")
    assert (event["status"], event["error"]["code"], event["headers"]) == (429, "slow_down", {"retry-after": "3"})
    assert event["sequence_number"] == 2
    assert server.exchanges[0].status == "refused"


async def test_a_failed_create_carries_its_status_code_and_headers() -> None:
    fail = Fail(503, "server_is_overloaded", "Overloaded.", headers={"Retry-After": "1"})
    async with Loopback(Play(say("a")), faults=Faults(requests={1: fail})) as server, connected(server) as client:
        event = await client.refused("one")
        assert (event["status"], event["error"]["type"]) == (503, "server_error")
        assert event["error"]["code"] == "server_is_overloaded"
        assert event["headers"] == {"Retry-After": "1"}
        await client.response("two")


async def test_a_forgotten_cache_costs_one_full_resend() -> None:
    faults = Faults(requests={2: Forget()})
    async with Loopback(Play(say("a"), say("b")), faults=faults) as server, connected(server) as client:
        first = await client.response("one")
        refused = await client.refused("two", previous_response_id=first["id"])
        assert refused["error"]["code"] == "previous_response_not_found"
        await client.response([user("one"), *first["output"], user("two")])


@pytest.mark.parametrize(("after", "seen"), [(0, 0), (1, 1), (5, 5)])
@pytest.mark.parametrize("code", [None, 1012])
async def test_a_drop_comes_after_so_many_events(after: int, seen: int, code: int | None) -> None:
    faults = Faults(requests={1: Drop(after, code)})
    async with Loopback(Play(say("a" * 100)), faults=faults) as server, connected(server) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.turn("one")
        assert len(client.events) == seen
        assert (closed.value.rcvd.code if closed.value.rcvd else None) == code
    assert [exchange.status for exchange in server.exchanges] == ["lost"]


async def test_gone_takes_the_whole_server_away() -> None:
    async with Loopback(Play(say("a")), faults=Faults(requests={1: Gone(2)})) as server:
        async with connected(server) as client:
            with pytest.raises(ConnectionClosed):
                await client.turn("one")
            assert len(client.events) == 2
        with pytest.raises(OSError, match="Connect"):
            await connected(server).__aenter__()


async def test_silence_lasts_and_pings_are_answered() -> None:
    faults = Faults(requests={1: Silence(1), 2: Silence(0, seconds=0.02)})
    async with Loopback(Play(say("a")), faults=faults) as server:
        async with connected(server) as client:
            await client.create("one")
            await client.until("response.created")
            await (await client.socket.ping())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await client.next()
        async with connected(server) as client:
            await client.response("two")
    assert [exchange.status for exchange in server.exchanges] == ["lost", "completed"]


async def test_a_slammed_door_is_an_upgrade_and_a_close() -> None:
    faults = Faults(every_connection=Slam(1008))
    async with Loopback(Play(), faults=faults) as server, connected(server) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await client.next()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "")


async def test_the_lifetime_ends_while_idle() -> None:
    limits = Limits(lifetime_seconds=0.05)
    async with Loopback(Play(say("a")), limits=limits) as server, connected(server) as client:
        await client.response("one")
        event = await client.next()
        assert event["error"]["code"] == "websocket_connection_limit_reached"
        assert (event["status"], event["error"]["param"]) == (400, None)
        with pytest.raises(ConnectionClosed):
            await client.next()


class Gate:
    """A model that waits to be let on, and says which request it has answered."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.let_on = threading.Semaphore(0)

    def respond(self, request: Request) -> list[Item]:
        self.asked.release()
        assert self.let_on.acquire(timeout=10)
        return [say("at last")]

    async def until_asked(self) -> None:
        assert await asyncio.to_thread(self.asked.acquire, timeout=10)


async def test_the_lifetime_lets_a_running_response_end_and_refuses_new_ones() -> None:
    gate = Gate()
    async with Loopback(gate, limits=Limits(lifetime_seconds=0.05)) as server, connected(server) as client:
        await client.create("one")
        await gate.until_asked()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.until("error", "response.completed")
        await client.create("two")
        assert (await client.until("error"))["error"]["code"] == "websocket_connection_limit_reached"
        gate.let_on.release()
        assert (await client.until(*TERMINAL))["type"] == "response.completed"
        assert (await client.until("error"))["error"]["code"] == "websocket_connection_limit_reached"
        with pytest.raises(ConnectionClosed):
            await client.next()


async def test_a_second_create_on_a_busy_lane_waits_its_turn() -> None:
    async with Loopback(Play(say("a"), say("b"))) as server, connected(server) as client:
        await client.create("one")
        await client.create("two")
        for _ in range(2):
            await client.until("response.completed")
    started = [event["type"] for event in client.events if event["type"] in ("response.created", "response.completed")]
    assert started == ["response.created", "response.completed"] * 2


async def test_lanes_run_side_by_side_and_carry_their_name() -> None:
    gate = Gate()
    async with Loopback(gate) as server, connected(server) as client:
        await client.create("one", stream_id="a")
        await client.create("two", stream_id="b")
        for _ in range(2):
            await gate.until_asked()
        gate.let_on.release(2)
        done = {(await client.until("response.completed"))["stream_id"] for _ in range(2)}
    assert done == {"a", "b"}
    assert all(event["stream_id"] in "ab" for event in client.events)
    assert {exchange.lane for exchange in server.exchanges} == {"a", "b"}


async def test_a_fork_finds_its_parent_until_the_source_lane_advances() -> None:
    async with Loopback(Play(*(say(str(n)) for n in range(4)))) as server, connected(server) as client:
        parent = await client.response("one")
        fork = await client.response("two", stream_id="side", previous_response_id=parent["id"])
        assert len(server.exchanges[-1].context) == 3
        await client.response("three", previous_response_id=parent["id"])
        refused = await client.refused("four", stream_id="late", previous_response_id=parent["id"])
        assert (refused["stream_id"], refused["error"]["code"]) == ("late", "previous_response_not_found")
        await client.response("five", stream_id="side", previous_response_id=fork["id"])


async def test_a_failing_fork_leaves_its_parent_alone() -> None:
    async with Loopback(Play(say("a"), say("b"))) as server, connected(server) as client:
        parent = await client.response("one")
        wrong = {"type": "function_call_output", "call_id": "call_0", "output": ""}
        await client.refused([wrong], stream_id="side", previous_response_id=parent["id"])
        await client.response("two", previous_response_id=parent["id"])


@pytest.mark.parametrize("stream_id", ["", "a b", "x" * 257, 7, None])
async def test_a_bad_stream_id_is_refused_without_a_name(stream_id: Any) -> None:
    async with Loopback(Play()) as server, connected(server) as client:
        refused = await client.refused("one", stream_id=stream_id)
    assert refused["error"]["code"] == "invalid_stream_id"
    assert "stream_id" not in refused


async def test_too_many_lane_names_are_refused_by_name_and_the_connection_stays() -> None:
    play = Play(*(say("x") for _ in range(3)))
    async with Loopback(play, limits=Limits(lane_names=2)) as server, connected(server) as client:
        for lane in "ab":
            await client.response("x", stream_id=lane)
        refused = await client.refused("x", stream_id="c")
        assert (refused["stream_id"], refused["error"]["code"]) == ("c", "websocket_stream_limit_reached")
        await client.response("x", stream_id="a")


async def test_a_client_that_leaves_takes_its_requests_with_it() -> None:
    gate = Gate()
    async with Loopback(gate) as server, connected(server) as client:
        await client.create("one")
        await gate.until_asked()
    assert server.exchanges[0].status == "lost"
    gate.let_on.release()


async def test_an_item_can_be_named_only_where_it_was_stored() -> None:
    play = Play([reasoning("hm"), say("a")], say("b"), say("c"))
    async with Loopback(play) as server, connected(server) as client:
        stored = await client.response("one", store=True, reasoning={"summary": "auto"})
        thought, said = stored["output"]
        named = [{"type": "item_reference", "id": said["id"]}, {**thought, "summary": []}, user("two")]
        other = await client.response(named, store=False)
        refused = await client.refused([{"type": "item_reference", "id": other["output"][0]["id"]}])
    assert server.exchanges[1].context == (said, thought, user("two"))
    assert (refused["status"], refused["error"]["param"]) == (404, "input")


async def test_a_stored_response_behind_one_that_was_not_cannot_outlive_the_connection() -> None:
    async with Loopback(Play(say("a"), say("b"))) as server:
        async with connected(server) as client:
            first = await client.response("one")
            second = await client.response("two", store=True, previous_response_id=first["id"])
        async with connected(server) as client:
            await client.refused("three", previous_response_id=second["id"])
