"""One request by itself, and what a model refuses."""

from typing import Any

import pytest
from tests.loopback.client import READ_FILE, user

from patchwire.loopback import catalogue
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.validate import check_context, check_create


def frame(**fields: Any) -> dict[str, Any]:
    return {"type": "response.create", "model": "gpt-6.2-sol", "input": [], **fields}


FULL = frame(
    stream_id="a",
    instructions="Fix it.",
    previous_response_id=None,
    tools=[READ_FILE],
    tool_choice={"type": "function", "name": "read_file"},
    parallel_tool_calls=True,
    store=False,
    stream=True,
    generate=False,
    include=["reasoning.encrypted_content"],
    reasoning={"effort": "medium", "summary": "auto", "context": "all_turns", "mode": "standard"},
    text={"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}},
    metadata={"a": "b"},
    prompt_cache_key="k" * 64,
    prompt_cache_options={"mode": "implicit", "ttl": "30m"},
    context_management=[{"type": "compaction", "compact_threshold": 200_000}],
    service_tier="priority",
    truncation="disabled",
    max_output_tokens=16,
    max_tool_calls=None,
    safety_identifier="s",
    stream_options={"include_obfuscation": False},
    client_metadata={"x": "y"},
)


def test_a_full_request_is_taken() -> None:
    check_create(FULL, socket=True)
    http = {name: value for name, value in FULL.items() if name not in ("type", "stream_id", "generate")}
    check_create({**http, "stream": False}, socket=False)


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"response": {}}, "response", "unknown_parameter"),
        ({"background_mode": True}, "background_mode", "unknown_parameter"),
        ({"background": True}, "background", "unsupported_parameter"),
        ({"stream": False}, "stream", "unsupported_parameter"),
        ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
        ({"store": "no"}, "store", "invalid_type"),
        ({"input": {}}, "input", "invalid_type"),
        ({"input": [{"type": "x"}]}, "input[0].type", "invalid_value"),
        ({"include": ["reasoning"]}, "include[0]", "invalid_value"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort", "invalid_value"),
        ({"reasoning": {"efort": "low"}}, "reasoning.efort", "unknown_parameter"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type", "invalid_value"),
        ({"prompt_cache_key": "k" * 65}, "prompt_cache_key", "string_above_max_length"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
        ({"metadata": {"a": "b" * 513}}, "metadata.a", "string_above_max_length"),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"tool_choice": "always"}, "tool_choice", "invalid_value"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice", None),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "missing_required_parameter"),
        ({"model": "gpt-6.2-soul"}, "model", "model_not_found"),
        ({"model": None}, "model", "invalid_type"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], param: str, code: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_create(frame(**fields), socket=True)
    assert (refusal.value.status, refusal.value.param, refusal.value.code) == (400, param, code)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 0.2}, "temperature"),
        ({"top_p": 1}, "top_p"),
        ({"top_logprobs": 0}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
        ({"model": "gpt-6-astra", "reasoning": {"effort": "none"}}, "reasoning.effort"),
        ({"model": "gpt-6.2-sol", "reasoning": {"effort": "none"}}, "reasoning.effort"),
        ({"model": "gpt-4o-mini", "reasoning": {"effort": "low"}}, "reasoning.effort"),
    ],
)
def test_parameters_that_one_model_refuses(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_create(frame(**fields), socket=True)
    assert refusal.value.param == param


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "gpt-6-sol", "reasoning": {"effort": "none"}},
        {"reasoning": {"effort": None}, "temperature": None},
        {"model": "gpt-6-astra", "reasoning": {"effort": "max"}},
        {"model": "gpt-4o-mini", "temperature": 0.2, "reasoning": None},
        {"model": "my-own", "temperature": 0.2, "reasoning": {"effort": "minimal"}},
        {"tools": [{"type": "custom", "name": "x"}], "tool_choice": {"type": "custom", "name": "x"}},
        {"tool_choice": {"type": "shell"}},
    ],
)
def test_parameters_that_a_model_takes(fields: dict[str, Any]) -> None:
    check_create(frame(**fields), socket=True, extra_models=["my-own"])


def test_a_context_may_be_empty_only_to_warm_up() -> None:
    check_context([], warm_up=True)
    check_context([user("hi")], warm_up=False)
    with pytest.raises(Refusal, match="must be provided"):
        check_context([], warm_up=False)


def test_every_published_model_is_named_once() -> None:
    assert len(set(catalogue.NAMES)) == len(catalogue.NAMES)
    assert catalogue.served("gpt-6.2-sol").sampling is False
    assert catalogue.served("unheard-of").sampling is True
