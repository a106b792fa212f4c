"""How long an answer may be, and compaction on the way to the model."""

from typing import Any

import pytest
from tests.loopback.client import READ_FILE, connected, output, user

from patchwire.loopback import tokens
from patchwire.loopback.compaction import TRIGGER, reveal
from patchwire.loopback.model import Item
from patchwire.loopback.play import Act, Play, call, custom_call, decline, reasoning, say
from patchwire.loopback.server import Loopback

LONG = "x" * 1000


@pytest.mark.parametrize(
    ("act", "kinds"),
    [
        (say(LONG), ["message"]),
        (decline(LONG), ["message"]),
        (call("f", text=LONG), ["function_call"]),
        (custom_call("f", LONG), ["custom_tool_call"]),
        ([say("Short."), say(LONG), say("Never said.")], ["message", "message"]),
        ([reasoning(LONG), say("Never said.")], []),
        ({"type": "shell_call", "action": {"commands": [LONG]}}, ["shell_call"]),
    ],
)
async def test_output_is_cut_where_it_may_be_no_longer(act: Act, kinds: list[str]) -> None:
    async with Loopback(Play(act)) as server, connected(server) as client:
        event = await client.turn("one", max_output_tokens=120, reasoning={"summary": "auto"})
    response = event["response"]
    assert event["type"] == "response.incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [item["type"] for item in response["output"]] == kinds
    if kinds:
        assert response["output"][-1]["status"] == "incomplete"
        assert all(item["status"] == "completed" for item in response["output"][:-1])
    if kinds[-1:] not in ([], ["shell_call"]):
        assert response["usage"]["output_tokens"] <= 120


async def test_what_is_not_too_long_is_complete() -> None:
    async with Loopback(Play(say("Short."))) as server, connected(server) as client:
        await client.response("one", max_output_tokens=120)


def rules(threshold: int) -> Item:
    return {"context_management": [{"type": "compaction", "compact_threshold": threshold}]}


async def test_a_context_over_the_threshold_is_compacted_in_the_response() -> None:
    play = Play(say("One."), call("read_file", path="a", start_line=None), say("Three."))
    async with Loopback(play) as server, connected(server) as client:
        settings: Any = {**rules(100), "tools": [READ_FILE]}
        first = await client.response([user("a")], tools=[READ_FILE])
        client.events.clear()
        second = await client.response([user("b" * 500)], previous_response_id=first["id"], **settings)
        assert [item["type"] for item in second["output"]] == ["compaction", "function_call"]
        assert "response.compaction.compacting" in [event["type"] for event in client.events]
        answer = output(second["output"][1])
        third = await client.response([answer], previous_response_id=second["id"], tools=[READ_FILE])
    assert third["output"][0]["type"] == "message"
    assert server.exchanges[2].context == (*second["output"], answer)
    before = (user("a"), *first["output"], user("b" * 500))
    assert reveal(second["output"][0]) == before
    assert play.requests[1].context == before
    assert play.requests[2].context == (*before, second["output"][1], answer)


async def test_a_warm_up_compacts_nothing() -> None:
    async with Loopback(Play()) as server, connected(server) as client:
        warm = await client.response([user("b" * 500)], generate=False, **rules(10))
    assert warm["output"] == []
    assert server.exchanges[0].context == (user("b" * 500),)


async def test_a_trigger_compacts_and_asks_nobody() -> None:
    play = Play(say("One."), say("Two."))
    async with Loopback(play) as server, connected(server) as client:
        first = await client.response([user("a")])
        compacted = await client.response([{"type": TRIGGER}], previous_response_id=first["id"])
        assert [item["type"] for item in compacted["output"]] == ["compaction"]
        await client.response([user("b")], previous_response_id=compacted["id"])
    assert play.requests[1].context == (user("a"), *first["output"], user("b"))
    assert server.exchanges[2].context == (*compacted["output"], user("b"))


async def test_a_compacted_window_weighs_little_and_can_be_sent_by_hand() -> None:
    history = [user("a"), say("A" * 20_000), user("b")]
    async with Loopback(Play(say("One."), say("Two."))) as server, connected(server) as client:
        whole = await client.response(history)
        compacted = await client.response([*history, {"type": TRIGGER}])
        small = await client.response([*compacted["output"], user("c")])
    assert whole["usage"]["input_tokens"] > 5000
    assert small["usage"]["input_tokens"] < 1200
    assert tokens.weight(compacted["output"][0]) < 1100
