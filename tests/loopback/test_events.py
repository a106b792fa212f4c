"""Items to events: the order of each kind, and that the pieces make the whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.loopback.events import finish, output_events, response_object
from patchwire.loopback.model import Item
from patchwire.loopback.play import custom_call, decline, raw_call, reasoning, say

PART = "reasoning_summary"
SHOWN = {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]}


def finished(item: Item, body: Item = SHOWN) -> Item:
    (done,) = finish([item], body, lambda prefix: f"{prefix}_1")
    return done


def kinds(item: Item) -> list[str]:
    names = [event["type"].removeprefix("response.") for event in output_events(0, finished(item), piece=4)]
    return [name for number, name in enumerate(names) if number == 0 or names[number - 1] != name]


@pytest.mark.parametrize(
    ("item", "inside"),
    [
        (say("hello world"), "content_part.added output_text.delta output_text.done content_part.done"),
        (decline("no"), "content_part.added refusal.delta refusal.done content_part.done"),
        (
            reasoning("one"),
            f"{PART}_part.added {PART}_text.delta {PART}_text.done {PART}_part.done",
        ),
        (reasoning(), ""),
        (raw_call("f", "{}"), "function_call_arguments.delta function_call_arguments.done"),
        (raw_call("f", ""), "function_call_arguments.done"),
        (custom_call("f", "x"), "custom_tool_call_input.delta custom_tool_call_input.done"),
        (
            {"type": "shell_call", "action": {"commands": ["ls"]}},
            "shell_call_command.added shell_call_command.delta shell_call_command.done",
        ),
        ({"type": "compaction", "encrypted_content": "x"}, "compaction.compacting"),
        ({"type": "never_seen", "x": 1}, ""),
    ],
)
def test_the_events_of_each_kind_come_in_order(item: Item, inside: str) -> None:
    assert kinds(item) == ["output_item.added", *inside.split(), "output_item.done"]


@given(st.text(max_size=300), st.integers(1, 40))
def test_the_pieces_make_the_whole(text: str, piece: int) -> None:
    for item, field in ((say(text), "text"), (raw_call("f", text), "arguments"), (reasoning(text), "text")):
        events = list(output_events(3, finished(item), piece=piece))
        deltas = [event for event in events if event["type"].endswith(".delta")]
        assert "".join(event["delta"] for event in deltas) == text
        assert all(1 <= len(event["delta"]) <= max(piece, 2) for event in deltas)
        (done,) = (event for event in events if event["type"].endswith((f"{field}.done", "_text.done")))
        assert done[field] == text
        assert {event["output_index"] for event in events} == {3}


def test_a_huge_text_comes_in_at_most_200_pieces() -> None:
    events = list(output_events(0, finished(raw_call("f", "x" * 2_000_000))))
    assert len(events) == 203


def test_what_is_added_is_still_empty_and_what_is_done_is_whole() -> None:
    done = finished(raw_call("f", "{}"))
    added, *_, last = output_events(0, done)
    assert added["item"] == {**done, "arguments": "", "status": "in_progress"}
    assert last["item"] == done
    assert done["status"] == "completed"


def test_reasoning_is_shown_and_encrypted_only_where_asked_for() -> None:
    thought = reasoning("secret")
    assert finished(thought, {}) == {"type": "reasoning", "id": "rs_1", "summary": []}
    asked = finished(thought)
    assert asked["summary"] == thought["summary"]
    assert asked["encrypted_content"].startswith("gAAAA")
    assert "encrypted_content" not in next(output_events(0, asked))["item"]
    assert finished({"type": "reasoning"})["summary"] == []


def test_ids_that_the_model_gives_are_kept() -> None:
    item = {"type": "function_call", "id": "fc_own", "call_id": "call_own", "name": "f", "arguments": ""}
    assert finished(item) == {**item, "status": "completed"}


def test_the_response_object_has_every_field_and_echoes_the_request() -> None:
    body: dict[str, Any] = {
        "model": "m",
        "instructions": "i",
        "service_tier": "fast",
        "text": {"verbosity": "low"},
        "reasoning": {"effort": "low"},
        "tools": [{"type": "shell"}],
        "temperature": None,
    }
    response = response_object(body, response_id="resp_1", created_at=5, status="in_progress")
    assert response["id"] == "resp_1"
    assert response["service_tier"] == "priority"
    assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert response["reasoning"]["effort"] == "low"
    assert (response["temperature"], response["store"], response["tools"]) == (1.0, True, body["tools"])
    documented = {
        "id", "object", "created_at", "model", "output", "parallel_tool_calls", "tool_choice", "tools", "status",
        "completed_at", "error", "incomplete_details", "instructions", "metadata", "previous_response_id",
        "prompt_cache_key", "prompt_cache_options", "prompt_cache_diagnostics", "reasoning", "service_tier", "store",
        "temperature", "text", "top_p", "truncation", "usage", "user", "background", "max_output_tokens",
        "max_tool_calls", "input_transformations", "conversation",
    }  # fmt: skip
    assert documented <= response.keys()
