"""Reads that begin while the model speaks: which begin, who takes them, and what becomes of those that nobody takes."""

import asyncio

import pytest

from patchwire.agent.early import EarlyReads
from patchwire.errors import WorkspaceError
from patchwire.wire.items import Item, ToolCall, call_in


def item(call_id: str, name: str = "read", kind: str = "function_call") -> Item:
    return {"type": kind, "call_id": call_id, "name": name, "arguments": "{}", "input": ""}


class Stage:
    """Reads that note when they begin."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.reads = EarlyReads(lambda call: call.name == "read", self.make)

    async def make(self, call: ToolCall) -> str:
        self.began.append(call.call_id)
        if call.call_id == "bad":
            raise WorkspaceError("gone")
        if call.call_id == "slow":
            await asyncio.Event().wait()
        return f"answer to {call.call_id}"

    async def hear(self, *items: Item) -> None:
        for heard in items:
            self.reads.heard(heard)
        await asyncio.sleep(0)


async def take(stage: Stage, heard: Item) -> str:
    call = call_in(heard)
    assert call is not None
    return await stage.reads.take(call)


async def test_reads_begin_before_anybody_takes_them_and_only_once() -> None:
    stage = Stage()
    await stage.hear({"type": "message"}, item("a"), item("a"), item("b"))
    assert stage.began == ["a", "b"]
    assert await take(stage, item("b")) == "answer to b"
    assert await take(stage, item("a")) == "answer to a"
    assert stage.began == ["a", "b"]


async def test_what_comes_after_a_change_waits() -> None:
    stage = Stage()
    await stage.hear(item("a"), item("w", "write"), item("b"))
    assert stage.began == ["a"]
    assert await take(stage, item("b")) == "answer to b"


async def test_calls_of_other_kinds_wait() -> None:
    stage = Stage()
    await stage.hear(item("c", kind="custom_tool_call"))
    assert stage.began == []


async def test_what_is_discarded_is_cancelled_and_begun_anew() -> None:
    stage = Stage()
    await stage.hear(item("a"), item("slow"), item("w", "write"))
    stage.reads.discard()
    await stage.hear(item("a"))
    assert stage.began == ["a", "slow", "a"]


async def test_an_error_is_told_to_who_takes_it_and_to_nobody_else() -> None:
    stage = Stage()
    await stage.hear(item("bad"))
    with pytest.raises(WorkspaceError):
        await take(stage, item("bad"))
    await stage.hear(item("bad"))
    stage.reads.discard()
