"""The request checks of the real API, so that a client's mistake shows here and not at its user's.

`check_create` looks at one body by itself, `check_context` at the context it leads to. Knows no connection, no store.
"""

from collections.abc import Collection, Sequence

from patchwire.loopback import catalogue
from patchwire.loopback.items import INPUT_ITEM, check_ids, check_pairs
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal, bad_request
from patchwire.loopback.schemas import TOOL
from patchwire.loopback.shapes import (
    Shape,
    anything,
    array,
    choice,
    either,
    flag,
    integer,
    mapping,
    nullable,
    number,
    record,
    tagged,
    text,
)

_STRING = text()
_EFFORT = nullable(choice("none", "minimal", "low", "medium", "high", "xhigh", "max"))
_SUMMARY = nullable(choice("auto", "concise", "detailed"))
_REASONING = record(
    {},
    {
        "effort": _EFFORT,
        "summary": _SUMMARY,
        "generate_summary": _SUMMARY,
        "context": nullable(choice("auto", "current_turn", "all_turns")),
        "mode": nullable(choice("standard", "pro")),
    },
)
_FORMAT = tagged(
    {
        "text": record({"type": _STRING}),
        "json_object": record({"type": _STRING}),
        "json_schema": record(
            {"type": _STRING, "name": _STRING, "schema": anything},
            {"strict": nullable(flag), "description": _STRING},
        ),
    }
)
_TOOL_CHOICE = either(
    when=str,
    then=choice("none", "auto", "required"),
    other=tagged(
        {
            "function": record({"type": _STRING, "name": _STRING}),
            "custom": record({"type": _STRING, "name": _STRING}),
            "allowed_tools": record({"type": _STRING, "mode": choice("auto", "required"), "tools": array(anything)}),
            "mcp": record({"type": _STRING, "server_label": _STRING}, {"name": nullable(_STRING)}),
            **dict.fromkeys(
                ("apply_patch", "shell", "programmatic_tool_calling", "web_search", "file_search", "code_interpreter"),
                record({"type": _STRING}),
            ),
        }
    ),
)
_INCLUDE = choice(
    "reasoning.encrypted_content", "message.output_text.logprobs", "message.input_image.image_url",
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "computer_call_output.output.image_url", "code_interpreter_call.outputs",
)  # fmt: skip
_CACHE_OPTIONS = record(
    {},
    {
        "mode": choice("implicit", "explicit"),
        "ttl": choice("30m", "12h"),
        "prewarm": flag,
        "comparison_response_id": nullable(_STRING),
    },
)
_STREAM_OPTIONS = record({}, {"include_obfuscation": flag})

_EVERYWHERE: dict[str, Shape] = {
    "access_programs": anything,
    "background": nullable(flag),
    "background_options": anything,
    "client_metadata": mapping(_STRING, most=64, longest_key=256),
    "context_management": nullable(array(record({"type": _STRING}, {"compact_threshold": nullable(integer(1))}))),
    "conversation": nullable(either(when=str, then=_STRING, other=record({"id": _STRING}))),
    "image": anything,
    "include": nullable(array(_INCLUDE)),
    "input": either(when=str, then=_STRING, other=array(INPUT_ITEM)),
    "instructions": nullable(_STRING),
    "max_output_tokens": nullable(integer(16)),
    "max_tool_calls": nullable(integer(1)),
    "metadata": nullable(mapping(text(longest=512), most=16, longest_key=64)),
    "model": _STRING,
    "moderation": nullable(anything),
    "parallel_tool_calls": nullable(flag),
    "previous_response_id": nullable(_STRING),
    "prompt": nullable(anything),
    "prompt_cache_key": nullable(text(longest=64)),
    "prompt_cache_options": _CACHE_OPTIONS,
    "prompt_cache_retention": nullable(choice("in_memory", "24h")),
    "reasoning": nullable(_REASONING),
    "safety_identifier": nullable(text(longest=128)),
    "service_tier": nullable(choice("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")),
    "store": nullable(flag),
    "stream": nullable(flag),
    "stream_options": nullable(_STREAM_OPTIONS),
    "temperature": nullable(number),
    "text": record({}, {"format": _FORMAT, "verbosity": nullable(choice("low", "medium", "high"))}),
    "tool_choice": _TOOL_CHOICE,
    "tools": array(TOOL),
    "top_logprobs": nullable(integer(0)),
    "top_p": nullable(number),
    "truncation": nullable(choice("auto", "disabled")),
    "user": _STRING,
}
_ON_SOCKET = record({"type": _STRING, "model": _STRING}, {**_EVERYWHERE, "stream_id": anything, "generate": flag})
_OVER_HTTP = record({"model": _STRING}, _EVERYWHERE)


def check_create(body: Item, *, socket: bool, extra_models: Collection[str] = ()) -> None:
    """One `response.create` frame (`socket`) or POST body, by itself. Raises Refusal (400)."""
    (_ON_SOCKET if socket else _OVER_HTTP)(body, "")
    if body["model"] not in catalogue.NAMES and body["model"] not in extra_models:
        raise bad_request(
            f"The requested model '{body['model']}' does not exist.", code="model_not_found", param="model"
        )
    if body.get("background"):
        raise _unsupported("background", "Background responses are not supported here.")
    if socket and body.get("stream") is False:
        raise _unsupported("stream", "Responses on a websocket are always streamed.")
    if body.get("conversation"):
        raise _unsupported("conversation", "Server-side conversations are not supported here.")
    _check_tool_choice(body)
    _check_model(body)


def _check_tool_choice(body: Item) -> None:
    """A tool that must be called has to be there."""
    chosen = body.get("tool_choice", "auto")
    if isinstance(chosen, dict) and chosen["type"] in ("function", "custom"):
        named = {(tool["type"], tool.get("name")) for tool in body.get("tools", ())}
        if (chosen["type"], chosen["name"]) not in named:
            raise bad_request(f"Tool choice '{chosen['name']}' not found in 'tools' parameter.", param="tool_choice")


def _check_model(body: Item) -> None:
    """Parameters that this one model refuses."""
    served = catalogue.served(body["model"])
    reasoning = body.get("reasoning") or {}
    effort = reasoning.get("effort")
    if not served.efforts and effort is not None:
        raise _unsupported(
            "reasoning.effort", "Unsupported parameter: 'reasoning.effort' is not supported with this model."
        )
    if effort is not None and effort not in served.efforts:
        supported = ", ".join(f"'{e}'" for e in served.efforts)
        raise bad_request(
            f"Unsupported value: '{effort}' is not supported with the '{body['model']}' model. "
            f"Supported values are: {supported}.",
            code="unsupported_value",
            param="reasoning.effort",
        )
    if not served.sampling:
        for name in ("temperature", "top_p", "top_logprobs"):
            if body.get(name) is not None:
                raise _unsupported(name, f"Unsupported parameter: '{name}' is not supported with this model.")
        if "message.output_text.logprobs" in (body.get("include") or ()):
            raise _unsupported("include", "Unsupported parameter: logprobs are not supported with this model.")


def _unsupported(param: str, message: str) -> Refusal:
    return bad_request(message, code="unsupported_parameter", param=param)


def check_context(context: Sequence[Item], *, warm_up: bool) -> None:
    """The whole context that a request leads to. Raises Refusal (400, param `input`)."""
    if not context and not warm_up:
        raise bad_request(
            "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation' must be provided.",
            code="missing_required_parameter",
            param="input",
        )
    check_ids(context)
    check_pairs(context)
