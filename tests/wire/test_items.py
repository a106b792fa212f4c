"""wire.items: what is a call, how it is answered, what was said, and what may stay."""

import json

import pytest
from tests.wire.frames import custom_call, function_call, message, output, patch_call, reasoning, shell_call

from patchwire.wire.items import (
    CallKind,
    ToolCall,
    ToolOutput,
    calls_in,
    final_text_of,
    open_calls,
    settled_length,
    text_of,
    user_message,
    without_open_calls,
)


def test_a_user_message_has_a_part_per_text():
    assert user_message("a", "b") == {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
    }


def test_calls_of_every_kind_are_seen_in_order_and_other_items_are_not():
    items = [reasoning(), function_call("a", "f", '{"x":1}'), custom_call("b"), message("hm"), patch_call("c")]
    assert calls_in([*items, shell_call("d"), {"type": "web_search_call", "call_id": "e"}, {}]) == (
        ToolCall("a", "f", '{"x":1}', CallKind.FUNCTION),
        ToolCall("b", "apply_patch", "*** Begin Patch", CallKind.CUSTOM),
        ToolCall("c", "apply_patch", json.dumps({"type": "delete_file", "path": "a.py"}), CallKind.APPLY_PATCH),
        ToolCall("d", "shell", json.dumps({"commands": ["ls"]}), CallKind.SHELL),
    )


def test_a_call_with_missing_or_wrong_fields_is_still_a_call():
    items = [{"type": "function_call", "call_id": "a", "arguments": None}, {"type": "custom_tool_call", "call_id": "b"}]
    assert calls_in(items) == (ToolCall("a", "", ""), ToolCall("b", "", "", CallKind.CUSTOM))


def test_a_call_without_an_id_cannot_be_answered_and_is_none():
    assert calls_in([{"type": "function_call", "name": "f"}, {"type": "shell_call", "call_id": ["no"]}]) == ()


@pytest.mark.parametrize(
    ("kind", "ok", "wanted"),
    [
        (CallKind.FUNCTION, True, {"type": "function_call_output", "output": "t"}),
        (CallKind.FUNCTION, False, {"type": "function_call_output", "output": "t"}),
        (CallKind.CUSTOM, True, {"type": "custom_tool_call_output", "output": "t"}),
        (CallKind.APPLY_PATCH, True, {"type": "apply_patch_call_output", "status": "completed", "output": "t"}),
        (CallKind.APPLY_PATCH, False, {"type": "apply_patch_call_output", "status": "failed", "output": "t"}),
    ],
)
def test_an_output_is_of_the_type_that_fits_its_call(kind, ok, wanted):
    assert ToolOutput(ToolCall("c", "n", "", kind), "t", ok).item() == wanted | {"call_id": "c"}


@pytest.mark.parametrize(("ok", "exit_code"), [(True, 0), (False, 1)])
def test_a_shell_call_is_answered_with_an_exit_code(ok, exit_code):
    outcome = {"type": "exit", "exit_code": exit_code}
    assert ToolOutput(ToolCall("c", "shell", "", CallKind.SHELL), "t", ok).item() == {
        "type": "shell_call_output",
        "call_id": "c",
        "output": [{"stdout": "t", "stderr": "", "outcome": outcome}],
    }


def test_a_call_is_open_until_a_later_item_answers_it():
    hosted = [shell_call("s"), {"type": "shell_call_output", "call_id": "s", "output": []}]
    items = [function_call("a"), *hosted, function_call("b"), output("a"), output("stray")]
    assert [call.call_id for call in open_calls(items)] == ["b"]


def test_a_call_id_may_be_used_again_once_it_was_answered():
    items = [function_call("call_0"), output("call_0"), function_call("call_0", "second")]
    assert [call.name for call in open_calls(items)] == ["second"]


def test_the_same_call_twice_is_one_call_to_answer():
    assert len(open_calls([function_call("a"), function_call("a")])) == 1


def test_cut_short_a_response_loses_its_calls_the_reasoning_before_them_and_empty_messages():
    hosted = [reasoning("h"), shell_call("s"), {"type": "shell_call_output", "call_id": "s", "output": []}]
    kept = [reasoning("1"), message("so far"), *hosted]
    lost = [reasoning("2"), function_call("a"), reasoning("3"), message("", content=[])]
    assert without_open_calls([*kept, *lost, reasoning("4")]) == tuple(kept)
    assert without_open_calls([*lost, *kept]) == tuple(kept)


def test_a_whole_history_is_settled_unless_calls_are_open():
    history = [user_message("go"), message("hm"), function_call("a"), output("a"), message("done")]
    assert settled_length(history) == 5


def test_what_belongs_to_an_open_call_is_not_settled():
    first = [user_message("go"), function_call("a"), output("a")]
    second = [reasoning(), message("next"), function_call("a"), function_call("b"), output("b")]
    assert settled_length([*first, *second]) == len(first)
    assert settled_length([{"role": "user", "content": "easy form"}, *second]) == 1
    assert settled_length(second) == 0


def test_text_is_that_of_the_model_with_refusals_and_without_noise():
    refusal = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]}
    strange = {"type": "message", "role": "assistant", "content": [7, {"text": None}, {"text": 8}]}
    easy = {"type": "message", "role": "assistant", "content": "easy form"}
    nothing = {"type": "message", "role": "assistant"}
    items = [user_message("not me"), reasoning(), message("a"), strange, nothing, refusal, function_call("c"), easy]
    assert text_of(items) == "a\n\nI won't.\n\neasy form"
    assert text_of([]) == ""


def test_parts_of_one_message_are_one_text():
    parts = [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]
    assert text_of([message("", content=parts)]) == "ab"


def test_the_final_text_leaves_out_commentary_unless_there_is_nothing_else():
    note, answer, plain = message("note", phase="commentary"), message("answer", phase="final_answer"), message("plain")
    assert final_text_of([note, answer, plain]) == "answer\n\nplain"
    assert final_text_of([note]) == "note"
    assert final_text_of([]) == ""
