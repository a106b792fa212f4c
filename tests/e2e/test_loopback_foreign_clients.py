"""Clients that nobody here wrote, unchanged, against the local server; and every event against their own types.

The `openai` SDK comes with the `bench` extra, which `make e2e` installs; it is imported where it is used, so that the
other tests can be collected without it. `openai-agents` has an environment of its own.
"""

import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.turns.stage import environment_of_agents
from tests.e2e.test_recipe_client import exchanges, serving
from tests.loopback.client import READ_FILE, Client, connected, output, user
from tests.loopback.test_steering import Gated

from patchwire.loopback.faults import Fail, Faults
from patchwire.loopback.limits import Habits
from patchwire.loopback.model import Failed, Incomplete
from patchwire.loopback.play import Play, call, custom_call, decline, reasoning, say
from patchwire.loopback.server import Loopback

AGENTS = Path(__file__).parent / "clients" / "agents_socket.py"
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
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key=server.token, base_url=server.base_url, max_retries=0) as client:
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
    await client.response([user("x"), {"type": "compaction_trigger"}])
    return client.events


async def steered(model: Gated, client: Client) -> list[dict[str, Any]]:
    """A response that is steered, once on its way to a successor and once to a call."""
    for kind in ("response.incomplete", "response.completed"):
        await client.create([user("go")], tools=[READ_FILE])
        running = await client.until("response.in_progress")
        await model.until_asked()
        steer = {"type": "response.steer", "previous_response_id": running["response"]["id"], "input": [user("x")]}
        await client.socket.send(json.dumps(steer))
        await client.until("response.steer.accepted")
        model.let_on()
        await client.until(kind)
        if kind == "response.incomplete":
            model.let_on()
            await client.until("response.completed")
    await client.until("response.steer.pending")
    return client.events


async def test_every_event_parses_as_one_of_the_sdks_own(server: Loopback) -> None:
    from openai.types.responses import ResponsesServerEvent
    from pydantic import TypeAdapter

    adapter: Any = TypeAdapter(ResponsesServerEvent)
    async with connected(server) as client:
        events = await all_events(client)
    model = Gated([say("a"), say("b")], say("c"), call("read_file", path="a", start_line=None))
    async with Loopback(model) as other, connected(other) as client:
        events += await steered(model, client)
    stages = ("response.queued", "response.created", "response.in_progress")
    habits = Habits(queued=True, warm_up_events=stages)
    async with Loopback(Play(say("d")), habits=habits) as other, connected(other) as client:
        await client.response([], generate=False)
        await client.create("one")
        await client.create([], generate=False)
        for _ in range(2):
            await client.until("response.completed")
        events += client.events
    kinds = set()
    for event in events:
        parsed = adapter.validate_python(event)
        assert parsed.type == event["type"]
        assert unknown_fields(parsed) == [], event
        kinds.add(event["type"])
    assert {"response.shell_call_command.done", "response.refusal.done", "response.compaction.compacting"} <= kinds
    assert {"response.steer.accepted", "response.steer.pending", "response.steer.failed", "error"} <= kinds
    assert "response.queued" in kinds
    assert len(kinds) >= 29


def unknown_fields(parsed: Any) -> list[str]:
    """What the SDK has no name for, anywhere inside."""
    if isinstance(parsed, list):
        return [name for element in parsed for name in unknown_fields(element)]
    from pydantic import BaseModel

    if not isinstance(parsed, BaseModel):
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
    from openai import BadRequestError

    stream = await sdk.responses.create(model=MODEL, input="go", stream=True)
    events = [event async for event in stream]
    assert events[-1].type == "response.completed"
    plain = await sdk.responses.create(model=MODEL, input="again")
    assert plain.output_text == "One.\n\nTwo."
    chained = await sdk.responses.create(model=MODEL, input="and?", previous_response_id=plain.id)
    assert chained.usage.input_tokens_details.cached_tokens > 0
    assert (await sdk.responses.retrieve(plain.id)).output_text == plain.output_text
    await sdk.responses.delete(plain.id)
    with pytest.raises(BadRequestError) as refused:
        await sdk.responses.create(model=MODEL, input="and?", previous_response_id=plain.id)
    assert refused.value.code == "previous_response_not_found"
    assert MODEL in [model.id async for model in sdk.models.list()]


async def test_the_sdk_counts_tokens_and_compacts(sdk: Any) -> None:
    counted = await sdk.responses.input_tokens.count(model=MODEL, input=[user("Read a."), say("It is empty.")])
    assert counted.input_tokens > 10
    compacted = await sdk.responses.compact(model=MODEL, input=[user("Read a."), say("It is empty.")])
    assert [item.type for item in compacted.output] == ["message", "compaction"]


async def test_the_sdk_knows_a_wrong_key_and_a_busy_server() -> None:
    from openai import AsyncOpenAI, AuthenticationError, RateLimitError

    async with Loopback(Play(), faults=Faults(every_request=Fail(429, "slow_down"))) as server:
        async with AsyncOpenAI(api_key="sk-wrong", base_url=server.base_url, max_retries=0) as client:
            with pytest.raises(AuthenticationError):
                await client.responses.create(model=MODEL, input="go")
        async with AsyncOpenAI(api_key=server.token, base_url=server.base_url, max_retries=0) as client:
            with pytest.raises(RateLimitError):
                await client.responses.create(model=MODEL, input="go")


@pytest.mark.timeout(900)  # its environment is made once
def test_the_agents_sdk_over_websocket(tmp_path: Path) -> None:
    python = environment_of_agents()
    assert python is not None
    play = tmp_path / "play.json"
    acts = [{"call": "read_file", "arguments": {"path": name}} for name in ("a.py", "b.py")]
    play.write_text(json.dumps([*acts, {"say": "Both are empty.", "phase": "final_answer"}]), "utf-8")
    with serving("--script", str(play)) as where:
        done = subprocess.run(
            [python, str(AGENTS), where["base_url"], where["token"]],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        record = exchanges(where)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Both are empty.\n"
    assert [exchange["connection"] for exchange in record] == [1, 1, 1]
    assert [len(exchange["body"]["input"]) for exchange in record] == [1, 1, 1]
    assert [len(exchange["context"]) for exchange in record] == [1, 3, 5]
