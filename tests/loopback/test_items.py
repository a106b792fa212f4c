"""Input items: which are taken, which are refused and where; calls and their outputs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.loopback.events import finish
from patchwire.loopback.items import INPUT_ITEM, check_ids, check_pairs, not_persisted
from patchwire.loopback.model import Item
from patchwire.loopback.play import call, custom_call, decline, reasoning, say
from patchwire.loopback.refusal import Refusal

CALL = {"type": "function_call", "call_id": "call_1", "name": "run", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "ok"}


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "hi"},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "hi"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:", "detail": "auto"}]},
        {"role": "user", "content": [{"type": "input_file", "file_data": "x", "filename": "a"}]},
        {"role": "assistant", "content": "hi", "phase": "commentary"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "hi"}, {"type": "refusal", "refusal": "no"}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
        CALL,
        {**CALL, "id": "fc_1", "status": "completed"},
        OUTPUT,
        {**OUTPUT, "output": [{"type": "input_text", "text": "x"}]},
        {"type": "custom_tool_call", "call_id": "c", "name": "x", "input": "y"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "y"},
        {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": None},
        {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"], "timeout_ms": None}},
        {
            "type": "shell_call_output",
            "call_id": "c",
            "output": [{"stdout": "", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
        },
        {"type": "compaction", "encrypted_content": "gAAA"},
        {"type": "item_reference", "id": "msg_1"},
        {"type": "web_search_call", "whatever": 1},
    ],
)
def test_items_that_are_taken(item: Item) -> None:
    INPUT_ITEM(item, "input[0]")


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ("hi", "input[0]"),
        ({"type": "thought"}, "input[0].type"),
        ({"content": "hi"}, "input[0].role"),
        ({"role": "tool", "content": "hi"}, "input[0].role"),
        ({"role": "user", "content": None}, "input[0].content"),
        ({"role": "user", "content": "hi", "phase": "commentary"}, "input[0].phase"),
        ({"role": "user", "content": [{"type": "output_text", "text": "x"}]}, "input[0].content[0].type"),
        ({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}, "input[0].content[0].type"),
        ({"role": "user", "content": "x", "id": "fc_1"}, "input[0].id"),
        ({**CALL, "id": "call_1"}, "input[0].id"),
        ({**CALL, "call_id": "x" * 65}, "input[0].call_id"),
        ({**CALL, "name": "a b"}, "input[0].name"),
        ({**CALL, "arguments": {}}, "input[0].arguments"),
        ({**CALL, "extra": 1}, "input[0].extra"),
        ({"type": "function_call", "name": "x", "arguments": ""}, "input[0].call_id"),
        ({**OUTPUT, "output": {"ok": True}}, "input[0].output"),
        ({"type": "function_call_output", "call_id": "c"}, "input[0].output"),
        ({"type": "reasoning"}, "input[0].summary"),
        ({"type": "compaction"}, "input[0].encrypted_content"),
    ],
)
def test_items_that_are_refused(item: Any, param: str) -> None:
    with pytest.raises(Refusal) as refusal:
        INPUT_ITEM(item, "input[0]")
    assert refusal.value.param == param


def test_whatever_the_server_says_can_be_said_back() -> None:
    said = [
        reasoning("a"), say("b", phase="final_answer"), decline("c"), call("d"), custom_call("e", "f"),
        {"type": "shell_call", "action": {"commands": ["ls"]}}, {"type": "compaction", "encrypted_content": "x"},
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a"}},
    ]  # fmt: skip
    body = {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]}
    for item in finish(said, body, lambda prefix: f"{prefix}_1"):
        INPUT_ITEM(item, "input[0]")


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ([CALL], "No tool output found for function call call_1."),
        ([OUTPUT], "No tool call found for function call output with call_id call_1."),
        ([OUTPUT, CALL], "No tool call found for function call output with call_id call_1."),
        ([{"type": "custom_tool_call", "call_id": "c"}, {**OUTPUT, "call_id": "c"}], "No tool call found for function"),
        ([{"type": "custom_tool_call", "call_id": "c"}], "No tool output found for custom tool call c."),
        ([{"type": "shell_call", "call_id": "c"}], "No tool output found for shell call c."),
    ],
)
def test_a_call_and_its_output_need_each_other(context: list[Item], message: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_pairs(context)
    assert str(refusal.value).startswith(message)
    assert (refusal.value.status, refusal.value.param) == (400, "input")


def test_an_asynchronous_call_may_be_answered_later() -> None:
    check_pairs([{**CALL, "async": True}])
    check_pairs([{**CALL, "async": True}, OUTPUT])


@given(st.permutations(range(6)))
def test_outputs_may_come_in_any_order_behind_their_calls(order: list[int]) -> None:
    calls = [{**CALL, "call_id": f"call_{n}"} for n in range(6)]
    check_pairs([*calls, *({**OUTPUT, "call_id": f"call_{n}"} for n in order)])


def test_no_item_may_be_there_twice() -> None:
    check_ids([{"id": "msg_1"}, {"id": "msg_2"}, {"id": None}, {"id": None}, {}, {}])
    with pytest.raises(Refusal, match="Duplicate item found with id msg_1"):
        check_ids([{"id": "msg_1"}, {"id": "msg_2"}, {"id": "msg_1"}])


def test_what_was_not_stored_cannot_be_named() -> None:
    refusal = not_persisted("rs_1")
    assert refusal.status == 404
    assert "Items are not persisted when `store` is set to false" in str(refusal)
