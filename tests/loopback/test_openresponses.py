"""The seven WebSocket checks of the openresponses compliance suite, against the server, with a client that is not ours.

Re-implemented from their description: each event is well-formed, a turn ends on a terminal response or an error.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.loopback.client import READ_FILE, Client, connected, user

from patchwire.loopback.model import Item, Request
from patchwire.loopback.play import call, say
from patchwire.loopback.server import Loopback


class Helpful:
    """Calls the first tool if there is one and nothing was called yet; says something otherwise."""

    def respond(self, request: Request) -> list[Item]:
        called = any(item.get("type") == "function_call" for item in request.context)
        if request.tools and not called:
            return [call(request.tools[0]["name"], path="a.py", start_line=None)]
        return [say(f"I have seen {len(request.context)} items.")]


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with Loopback(Helpful()) as running:
        yield running


@pytest.fixture
async def client(server: Loopback) -> AsyncIterator[Client]:
    async with connected(server) as client:
        yield client


def well_formed(events: list[Item]) -> bool:
    numbers = [event["sequence_number"] for event in events]
    return numbers == list(range(len(events))) and events[0]["type"] == "response.created"


async def test_websocket_response(client: Client) -> None:
    response = await client.response("Say hello.")
    assert response["status"] == "completed"
    assert well_formed(client.events)


async def test_websocket_sequential_responses(client: Client) -> None:
    for text in ("one", "two", "three"):
        client.events.clear()
        assert (await client.response(text))["status"] == "completed"
        assert well_formed(client.events)


async def test_websocket_continuation(client: Client) -> None:
    first = await client.response([user("Remember 7.")])
    second = await client.response([user("What was it?")], previous_response_id=first["id"])
    assert second["previous_response_id"] == first["id"]
    assert second["output"][0]["content"][0]["text"] == "I have seen 3 items."


async def test_websocket_reconnect_store_false_recovery(server: Loopback, client: Client) -> None:
    first = await client.response("hello")
    async with connected(server) as second:
        refused = await second.refused("go on", previous_response_id=first["id"])
        assert refused["error"]["code"] == "previous_response_not_found"
        assert (await second.response("afresh"))["status"] == "completed"


async def test_websocket_previous_response_not_found(client: Client) -> None:
    refused = await client.refused("go on", previous_response_id="resp_made_up")
    assert refused["status"] == 400
    assert refused["error"] == {
        "type": "invalid_request_error",
        "code": "previous_response_not_found",
        "message": "Previous response with id 'resp_made_up' not found.",
        "param": "previous_response_id",
    }


async def test_websocket_failed_continuation_evicts_cache(client: Client) -> None:
    good = await client.response("read a.py", tools=[READ_FILE])
    wrong = {"type": "function_call_output", "call_id": "call_unknown", "output": "x"}
    failed = await client.refused([wrong], previous_response_id=good["id"])
    assert failed["status"] == 400
    again = await client.refused([user("go on")], previous_response_id=good["id"])
    assert again["error"]["code"] == "previous_response_not_found"


async def test_websocket_compact_new_chain(server: Loopback, client: Client) -> None:
    history = [user("Read a.py."), say("It is empty."), user("Thank you.")]
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {server.token}"}) as http:
        answer = await http.post("/responses/compact", json={"model": "gpt-6.2-sol", "input": history})
    window = answer.json()["output"]
    assert answer.json()["object"] == "response.compaction"
    assert [item["type"] for item in window] == ["message", "message", "compaction"]
    assert (await client.response([*window, user("And b.py?")]))["status"] == "completed"
