"""Every request that our client can send, against the `openai` SDK's own parameter types: WebSocket, HTTP, compaction.

The requests are those of real conversations with the local server: warm-up, first, delta, full after a loss, with every
kind of item that is said again. The SDK comes with the `bench` extra; it is imported where it is used.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from tests.dialogue import dialogue
from tests.stage import FIX, PYTEST, repository

from patchwire.loopback.faults import Drop, Faults
from patchwire.loopback.play import call, custom_call, decline, reasoning, say
from patchwire.loopback.server import Loopback
from patchwire.models import find
from patchwire.session import Session
from patchwire.settings import Settings
from patchwire.task import Budget, Snapshot, Task
from patchwire.wire import compaction

OURS = ("stream",)
"""What only says how the answer shall come: the SDK adds it by itself."""


def check(body: dict[str, Any], kind: Any) -> None:
    """Raises pydantic's ValidationError. Lists that the SDK types as iterables are checked item by item."""
    from openai.types.responses import ResponseInputItemParam, ToolParam
    from pydantic import TypeAdapter

    fields = {key: value for key, value in body.items() if key not in OURS}
    unknown = fields.keys() - kind.__annotations__.keys()
    assert not unknown, f"the SDK knows no {unknown}"
    TypeAdapter(kind).validate_python(fields)
    for name, item_type in (("input", ResponseInputItemParam), ("tools", ToolParam)):
        adapter: Any = TypeAdapter(item_type)
        for item in fields.get(name, ()):
            adapter.validate_python(item)


@pytest.mark.parametrize("transport", ["websocket", "http"])
async def test_a_whole_turn(tmp_path: Path, transport: str) -> None:
    from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
    from openai.types.responses.responses_client_event_param import ResponseCreate

    root = repository(tmp_path / "shop")
    acts = (
        [reasoning("Look."), say("I look.", phase="commentary"), call("read_file", path="cart.py")],
        [call("search", pattern="total", path=None, ignore_case=False), custom_call("apply_patch", "x")],
        [call("write_patch", patch=FIX)],
        say("Lost."),
        say("Done.", phase="final_answer"),
    )
    from patchwire.loopback.play import Play

    faults = Faults(requests={5 if transport == "websocket" else 4: Drop(after=4)})
    async with Loopback(Play(*acts), faults=faults) as server:
        model = find("gpt-6.2-sol")
        settings = Settings(
            model, "low", server.base_url, server.token, transport=transport, warm_up=transport == "websocket"
        )
        async with Session(settings, os.environ, PYTEST) as session:
            await session.run(Task("Fix it.", root), Snapshot(root), Budget(), lambda piece: None)
        bodies = [exchange.body for exchange in server.exchanges]
    assert len(bodies) >= 5
    for body in bodies:
        check(body, ResponseCreate if transport == "websocket" else ResponseCreateParamsNonStreaming)


async def test_a_conversation_that_says_everything_again() -> None:
    from openai.types.responses.responses_client_event_param import ResponseCreate

    everything = [
        reasoning("First.", "Then."),
        say("Working.", phase="commentary"),
        call("f", a=1),
        custom_call("g", "text"),
        {"type": "shell_call", "action": {"commands": ["ls"]}},
        {"type": "apply_patch_call", "operation": {"type": "update_file", "path": "a.py", "diff": "@@\n-a\n+b"}},
        {"type": "compaction", "encrypted_content": "gAAAAA"},
        decline("No."),
    ]
    faults = {"faults": Faults(requests={2: Drop()})}
    async with dialogue(everything[:6], [say("Ok.")], server=faults) as (talk, server):
        await talk.say("hello")
        for exchange in server.exchanges:
            check(exchange.body, ResponseCreate)
    async with dialogue(everything[6:], say("Ok.")) as (talk, server):
        await talk.say("hello")
        talk.conversation.restart_chain()
        await talk.say("more")
        for exchange in server.exchanges:
            check(exchange.body, ResponseCreate)


async def test_a_compaction() -> None:
    import json

    from openai.types.responses.response_compact_params import ResponseCompactParams

    async with dialogue([reasoning("hm"), call("f")], say("Ok.")) as (talk, _):
        await talk.say("hello")
        check(
            json.loads(compaction.request(talk.conversation.settings, talk.conversation.settled)), ResponseCompactParams
        )
        assert await talk.compaction.now()
