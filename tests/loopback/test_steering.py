"""Steering as a client sees it: accepted, pending, failed, and the response that follows unasked."""

import asyncio
import json
import threading
from typing import Any

import pytest
from tests.loopback.client import READ_FILE, Client, connected, user

from patchwire.loopback.limits import Habits
from patchwire.loopback.model import Failed, Item, Request
from patchwire.loopback.play import Act, Play, call, say
from patchwire.loopback.server import Loopback


class Gated:
    """A play that waits to be let on, and says when it is asked."""

    def __init__(self, *acts: Act) -> None:
        self.play = Play(*acts)
        self._asked = threading.Semaphore(0)
        self._let_on = threading.Semaphore(0)

    def respond(self, request: Request) -> Any:
        self._asked.release()
        assert self._let_on.acquire(timeout=10)
        return self.play.respond(request)

    async def until_asked(self) -> None:
        assert await asyncio.to_thread(self._asked.acquire, timeout=10)

    def let_on(self) -> None:
        self._let_on.release()


async def steer(client: Client, parent: Any, given: Any = "Stop.", **fields: Any) -> Item:
    """Steer; the event that answers it."""
    frame = {"type": "response.steer", "previous_response_id": parent, "input": given, **fields}
    await client.socket.send(json.dumps(frame))
    return await client.until("response.steer.accepted", "response.steer.failed")


async def running(client: Client, gated: Gated, **fields: Any) -> str:
    """Start a response; its id, when the model is asked."""
    await client.create("one", **fields)
    created = await client.until("response.in_progress")
    await gated.until_asked()
    response_id: str = created["response"]["id"]
    return response_id


async def test_a_steered_response_ends_after_its_item_and_another_follows() -> None:
    model = Gated([say("First."), say("Second.")], say("As you wish."), say("Three."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model, stream_id="a", instructions="Be brief.", tools=[READ_FILE])
        accepted = await steer(client, first, [user("Stop.")])
        assert accepted["stream_id"] == "a"
        assert accepted["steer"]["previous_response_id"] == first
        model.let_on()
        cut = (await client.until("response.incomplete"))["response"]
        assert cut["incomplete_details"] == {"reason": "steered"}
        assert [item["content"][0]["text"] for item in cut["output"]] == ["First."]
        model.let_on()
        done = await client.until("response.completed")
        assert (done["stream_id"], done["response"]["previous_response_id"]) == ("a", first)
        assert (done["response"]["instructions"], len(done["response"]["tools"])) == ("Be brief.", 1)
        model.let_on()
        await client.response("three", stream_id="a", previous_response_id=done["response"]["id"])
    assert server.exchanges[1].context == (*server.exchanges[0].context, *cut["output"], user("Stop."))


async def test_a_response_that_had_no_more_to_say_completes_first() -> None:
    model = Gated(say("First."), say("Second."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model)
        for text in ("Stop.", "Really."):
            await steer(client, first, text)
        model.let_on()
        assert (await client.until("response.completed"))["response"]["id"] == first
        model.let_on()
        second = (await client.until("response.completed"))["response"]
        assert second["previous_response_id"] == first
    assert [item["content"] for item in server.exchanges[1].context[-2:]] == ["Stop.", "Really."]


async def test_steering_waits_for_tools_and_goes_before_their_outputs() -> None:
    model = Gated(call("read_file", path="a", start_line=None), say("Done."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model, tools=[READ_FILE])
        accepted = await steer(client, first)
        model.let_on()
        done = (await client.until("response.completed"))["response"]
        pending = await client.next()
        assert pending["type"] == "response.steer.pending"
        assert pending["steer"] == accepted["steer"]
        assert pending["reason"] == "waiting_for_required_input"
        call_id = done["output"][0]["call_id"]
        stub = {"type": "function_call_output", "call_id": call_id, "name": "read_file"}
        assert pending["required_input"] == [stub]
        model.let_on()
        await client.response([{**stub, "output": "done"}], previous_response_id=first, tools=[READ_FILE])
    kinds = [item["type"] for item in server.exchanges[1].context]
    assert kinds == ["message", "function_call", "message", "function_call_output"]
    assert server.exchanges[1].context[2]["content"] == "Stop."


async def test_a_response_that_fails_takes_its_steering_with_it() -> None:
    model = Gated(Failed("no"))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model)
        accepted = await steer(client, first)
        model.let_on()
        lost = await client.until("response.steer.failed")
        assert lost["error"]["code"] == "successor_creation_failed"
        assert lost["steer"] == {**accepted["steer"], "input": "Stop."}


async def test_a_successor_that_is_refused_gives_the_steering_back() -> None:
    model = Gated(say("First."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model)
        await steer(client, first)
        server.control.expire_key()
        model.let_on()
        lost = await client.until("response.steer.failed")
        assert (lost["error"]["code"], lost["error"]["message"]) == (
            "successor_creation_failed",
            "Your authentication token has expired.",
        )


@pytest.mark.parametrize(
    "given", [None, "", [], 7, [7], {"a": 1}, [{"role": "developer", "content": "x"}], [user("a"), {"type": "x"}]]
)
async def test_only_the_users_words_can_steer(given: Any) -> None:
    model = Gated(say("First."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model)
        failed = await steer(client, first, given)
        assert failed["error"]["code"] == "invalid_input"
        assert failed["steer"] == {"previous_response_id": first, "input": given}
        assert (await steer(client, first, "x", stream_id="a"))["error"]["code"] == "invalid_input"
        model.let_on()
        await client.until("response.completed")


async def test_what_does_not_run_cannot_be_steered() -> None:
    async with Loopback(Play(say("One."))) as server, connected(server) as client:
        done = await client.response("one")
        assert (await steer(client, done["id"]))["error"]["code"] == "response_already_completed"
        for parent in ("resp_0", None, 7):
            assert (await steer(client, parent))["error"]["code"] == "response_not_found"


@pytest.mark.parametrize(
    ("habits", "fields"),
    [
        (Habits(steering=False), {}),
        (Habits(), {"model": "gpt-5.6"}),
        (Habits(), {"context_management": [{"type": "compaction", "compact_threshold": 100_000}]}),
    ],
)
async def test_not_everything_can_be_steered(habits: Habits, fields: Item) -> None:
    model = Gated(say("First."))
    async with Loopback(model, habits=habits) as server, connected(server) as client:
        first = await running(client, model, **fields)
        assert (await steer(client, first))["error"]["code"] == "steering_not_supported"
        model.let_on()
        await client.until("response.completed")


async def test_there_is_an_end_to_steering() -> None:
    model = Gated(say("First."))
    async with Loopback(model) as server, connected(server) as client:
        first = await running(client, model)
        kinds = [(await steer(client, first, str(number)))["type"] for number in range(9)]
        assert kinds == ["response.steer.accepted"] * 8 + ["response.steer.failed"]
        assert client.events[-1]["error"]["code"] == "too_many_pending_steers"
