"""Clients that nobody here wrote, unchanged, against the local server; and every event against their own types.

The `openai` SDK belongs to the `bench` extra: it is heavy, and nothing of Patchwire needs it. Where it is not
installed, these tests have nothing to say.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.loopback.client import READ_FILE, Client, connected, output, user

from patchwire.loopback.faults import Fail, Faults
from patchwire.loopback.model import Failed, Incomplete
from patchwire.loopback.play import Play, call, custom_call, decline, reasoning, say
from patchwire.loopback.server import Loopback

openai = pytest.importorskip("openai", reason="the bench extra is not installed")
pydantic = pytest.importorskip("pydantic")

MODEL = "gpt-6.2-sol"
NOT_IN_THE_SDK = ("store",)
"""Fields that the service documents and sends, while the SDK's generated types leave them out."""
SHELL_CALL = {"type": "shell_call", "action": {"commands": ["pytest -q", "git diff"]}}
PATCH_CALL = {"type": "apply_patch_call", "operation": {"type": "update_file", "path": "a.py", "diff": "@@\n-a\n+b"}}
EVERYTHING = [
    reasoning("First this.", "Then that."),
    say("Working on it.", phase="commentary"),
    call("read_file", path="ä.py", start_line=None),
    custom_call("apply_patch", "*** Begin Patch\n*** End Patch"),
    SHELL_CALL,
    PATCH_CALL,
    {"type": "compaction", "encrypted_content": "gAAAAA"},
    decline("I will not."),
]


def play() -> Play:
    return Play(EVERYTHING, say("One.\n\nTwo."), say("Three."), Failed("no"), Incomplete([say("cut")]))


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with Loopback(play()) as running:
        yield running


@pytest.fixture
async def sdk(server: Loopback) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(api_key=server.token, base_url=server.base_url, max_retries=0) as client:
        yield client


async def all_events(client: Client) -> list[dict[str, Any]]:
    """Every kind of event that the server sends of itself."""
    asked = {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"], "tools": [READ_FILE]}
    first = await client.response("go", **asked)
    answers = [
        {"type": "shell_call_output", "call_id": item["call_id"], "output": []}
        if item["type"] == "shell_call"
        else {"type": "apply_patch_call_output", "call_id": item["call_id"], "status": "completed"}
        if item["type"] == "apply_patch_call"
        else output(item)
        for item in first["output"]
        if "call_id" in item
    ]
    await client.response(answers, previous_response_id=first["id"])
    await client.response([], generate=False, instructions="Be brief.")
    await client.response("on a lane", stream_id="side")
    await client.turn("fail")
    await client.turn("cut")
    await client.socket.send(json.dumps({"type": "response.steer", "previous_response_id": "r", "input": [user("x")]}))
    await client.next()
    await client.refused("unknown parent", previous_response_id="resp_0")
    return client.events


async def test_every_event_parses_as_one_of_the_sdks_own(server: Loopback) -> None:
    from openai.types.responses import ResponsesServerEvent

    adapter = pydantic.TypeAdapter(ResponsesServerEvent)
    async with connected(server) as client:
        events = await all_events(client)
    kinds = set()
    for event in events:
        parsed = adapter.validate_python(event)
        assert parsed.type == event["type"]
        assert unknown_fields(parsed) == [], event
        kinds.add(event["type"])
    assert {"response.shell_call_command.done", "response.refusal.done", "response.steer.failed", "error"} <= kinds
    assert len(kinds) >= 25


def unknown_fields(parsed: Any) -> list[str]:
    """What the SDK has no name for, anywhere inside."""
    if isinstance(parsed, list):
        return [name for element in parsed for name in unknown_fields(element)]
    if not isinstance(parsed, pydantic.BaseModel):
        return []
    inside = [name for field in type(parsed).model_fields for name in unknown_fields(getattr(parsed, field))]
    return [*(name for name in parsed.model_extra or {} if name not in NOT_IN_THE_SDK), *inside]


async def test_the_sdk_over_websocket_chains_and_sees_errors(server: Loopback, sdk: Any) -> None:
    async with sdk.responses.connect() as connection:
        await connection.response.create(model=MODEL, input="go", store=False, tools=[READ_FILE])
        first = await terminal(connection)
        kinds = [item.type for item in first.response.output]
        assert kinds[:4] == ["reasoning", "message", "function_call", "custom_tool_call"]
        await connection.response.create(model=MODEL, input=[user("afresh")], store=False)
        second = await terminal(connection)
        assert second.response.output_text == "One.\n\nTwo."
        await connection.response.create(
            model=MODEL, input=[user("on")], store=False, previous_response_id=second.response.id
        )
        assert (await terminal(connection)).response.output_text == "Three."
        await connection.response.create(model=MODEL, input="x", previous_response_id="resp_0")
        error = await terminal(connection)
        assert error.error.code == "previous_response_not_found"
    assert [item["type"] for item in server.exchanges[2].context] == ["message"] * 3


async def terminal(connection: Any) -> Any:
    async for event in connection:
        if event.type in ("response.completed", "response.failed", "response.incomplete", "error"):
            return event
    raise AssertionError("the connection ended before the response")


async def test_the_sdk_over_http_streams_stores_and_sees_errors(server: Loopback, sdk: Any) -> None:
    stream = await sdk.responses.create(model=MODEL, input="go", stream=True)
    events = [event async for event in stream]
    assert events[-1].type == "response.completed"
    plain = await sdk.responses.create(model=MODEL, input="again")
    assert plain.output_text == "One.\n\nTwo."
    chained = await sdk.responses.create(model=MODEL, input="and?", previous_response_id=plain.id)
    assert chained.usage.input_tokens_details.cached_tokens > 0
    assert (await sdk.responses.retrieve(plain.id)).output_text == plain.output_text
    await sdk.responses.delete(plain.id)
    with pytest.raises(openai.BadRequestError) as refused:
        await sdk.responses.create(model=MODEL, input="and?", previous_response_id=plain.id)
    assert refused.value.code == "previous_response_not_found"
    assert MODEL in [model.id async for model in sdk.models.list()]


async def test_the_sdk_compacts(sdk: Any) -> None:
    compacted = await sdk.responses.compact(model=MODEL, input=[user("Read a."), say("It is empty.")])
    assert [item.type for item in compacted.output] == ["message", "compaction"]


async def test_the_sdk_knows_a_wrong_key_and_a_busy_server() -> None:
    async with Loopback(Play(), faults=Faults(every_request=Fail(429, "slow_down"))) as server:
        async with openai.AsyncOpenAI(api_key="sk-wrong", base_url=server.base_url, max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError):
                await client.responses.create(model=MODEL, input="go")
        async with openai.AsyncOpenAI(api_key=server.token, base_url=server.base_url, max_retries=0) as client:
            with pytest.raises(openai.RateLimitError):
                await client.responses.create(model=MODEL, input="go")
