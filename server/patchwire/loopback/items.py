"""What an input item may look like, and which item answers which. Knows items only: no request, no chain."""

from collections.abc import Iterable, Mapping

from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal, bad_request
from patchwire.loopback.shapes import (
    Shape,
    anything,
    array,
    choice,
    either,
    flag,
    integer,
    nullable,
    number,
    record,
    tagged,
    text,
)

_STRING = text()
_CALL_ID = text(longest=64)
_NAME = text(longest=128, pattern=r"[a-zA-Z0-9_-]+")
_STATUS = nullable(choice("in_progress", "completed", "incomplete"))
_DETAIL = choice("low", "high", "auto", "original")
_BREAKPOINT = {"prompt_cache_breakpoint": anything}

PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "apply_patch_call": "apc",
    "shell_call": "sh",
    "compaction": "cmp",
}
"""What the id of an output item begins with, before the underscore."""

ANSWERS = {
    "function_call_output": "function_call",
    "custom_tool_call_output": "custom_tool_call",
    "apply_patch_call_output": "apply_patch_call",
    "shell_call_output": "shell_call",
}
"""Output item → the call that it answers."""


def _id(kind: str) -> Shape:
    prefix = PREFIXES.get(kind, "")

    def check(value: object, path: str) -> None:
        nullable(text(longest=256))(value, path)
        if isinstance(value, str) and not value.startswith(prefix):
            raise bad_request(
                f"Invalid '{path}': '{value}'. Expected an ID that begins with '{prefix}'.",
                code="invalid_value",
                param=path,
            )

    return check


def _item(kind: str, required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    always: dict[str, Shape] = {"id": _id(kind), "status": _STATUS, "created_by": anything}
    return record({"type": _STRING, **required}, {**always, **(optional or {})})


def _hosted(value: object, path: str) -> None:
    """Items of tools that run at the service: replayed as they came."""


_INPUT_PARTS = {
    "input_text": record({"type": _STRING, "text": _STRING}, _BREAKPOINT),
    "input_image": record(
        {"type": _STRING},
        {"detail": _DETAIL, "image_url": nullable(_STRING), "file_id": nullable(_STRING), **_BREAKPOINT},
    ),
    "input_file": record(
        {"type": _STRING},
        {"file_id": nullable(_STRING), "file_data": _STRING, "file_url": _STRING, "filename": _STRING, **_BREAKPOINT},
    ),
}
_OUTPUT_PARTS = {
    "output_text": record(
        {"type": _STRING, "text": _STRING}, {"annotations": array(anything), "logprobs": nullable(array(anything))}
    ),
    "refusal": record({"type": _STRING, "refusal": _STRING}),
}


def _content(parts: Mapping[str, Shape]) -> Shape:
    return either(when=str, then=_STRING, other=array(tagged(parts)))


_ASKING = record(
    {"role": _STRING, "content": _content(_INPUT_PARTS)}, {"type": _STRING, "id": _id("message"), "status": _STATUS}
)
_ANSWERING = record(
    {"role": _STRING, "content": _content(_OUTPUT_PARTS)},
    {
        "type": _STRING,
        "id": _id("message"),
        "status": _STATUS,
        "phase": nullable(choice("commentary", "final_answer")),
    },
)


def _message(value: Item, path: str) -> None:
    if "role" in value:
        choice("user", "assistant", "system", "developer")(value["role"], f"{path}.role")
    (_ANSWERING if value.get("role") == "assistant" else _ASKING)(value, path)


_SUMMARY = record({"type": choice("summary_text"), "text": _STRING})
_REASONING_TEXT = record({"type": choice("reasoning_text"), "text": _STRING})
_CALL = {"call_id": _CALL_ID}
_CALLER = {"caller": anything}
_OUTPUT = either(when=str, then=_STRING, other=array(tagged(_INPUT_PARTS)))
_OPERATION = tagged(
    {
        "create_file": record({"type": _STRING, "path": _STRING, "diff": _STRING}),
        "update_file": record({"type": _STRING, "path": _STRING, "diff": _STRING}),
        "delete_file": record({"type": _STRING, "path": _STRING}),
    }
)
_LIMIT = nullable(integer(0))
_ACTION = record({"commands": array(_STRING)}, {"timeout_ms": _LIMIT, "max_output_length": _LIMIT})
_OUTCOME = tagged({"timeout": record({"type": _STRING}), "exit": record({"type": _STRING, "exit_code": number})})
_RUN = record({"stdout": _STRING, "stderr": _STRING, "outcome": _OUTCOME})

INPUT_ITEM = tagged(
    {
        "message": _message,
        "reasoning": _item(
            "reasoning",
            {"summary": array(_SUMMARY)},
            {"content": nullable(array(_REASONING_TEXT)), "encrypted_content": nullable(_STRING)},
        ),
        "function_call": _item(
            "function_call",
            {**_CALL, "name": _NAME, "arguments": _STRING},
            {"namespace": nullable(_STRING), "async": nullable(flag), **_CALLER},
        ),
        "function_call_output": _item(
            "function_call_output",
            {**_CALL, "output": _OUTPUT},
            {"name": nullable(_STRING), "namespace": nullable(_STRING), **_CALLER},
        ),
        "custom_tool_call": _item(
            "custom_tool_call",
            {**_CALL, "name": _NAME, "input": _STRING},
            {"namespace": nullable(_STRING), "async": nullable(flag), **_CALLER},
        ),
        "custom_tool_call_output": _item("custom_tool_call_output", {**_CALL, "output": _OUTPUT}, _CALLER),
        "apply_patch_call": _item("apply_patch_call", {**_CALL, "operation": _OPERATION}, _CALLER),
        "apply_patch_call_output": _item(
            "apply_patch_call_output",
            _CALL,
            {"status": choice("completed", "failed"), "output": nullable(_STRING), **_CALLER},
        ),
        "shell_call": _item("shell_call", {**_CALL, "action": _ACTION}, {"environment": anything, **_CALLER}),
        "shell_call_output": _item(
            "shell_call_output", {**_CALL, "output": array(_RUN)}, {"max_output_length": _LIMIT, **_CALLER}
        ),
        "compaction": _item("compaction", {"encrypted_content": _STRING}),
        "item_reference": record({"id": _STRING}, {"type": _STRING}),
        **dict.fromkeys(
            (
                "additional_tools", "code_interpreter_call", "compaction_trigger", "computer_call",
                "computer_call_output", "configuration_update", "file_search_call", "image_generation_call",
                "local_shell_call", "local_shell_call_output", "mcp_approval_request", "mcp_approval_response",
                "mcp_call", "mcp_list_tools", "program", "program_output", "tool_search_call", "tool_search_output",
                "web_search_call",
            ),
            _hosted,
        ),
    },
    default="message",
)  # fmt: skip
"""One element of `input`."""

_TITLES = {"function_call": "function call", "custom_tool_call": "custom tool call"}


def _title(kind: str) -> str:
    return _TITLES.get(kind, kind.replace("_", " "))


def check_pairs(context: Iterable[Item]) -> None:
    """Every output must follow its call, and every call must have its output. Raises Refusal (400, param `input`).

    Calls marked `async` may be answered on a later turn.
    """
    calls: dict[tuple[str, str], Item] = {}
    answered: set[tuple[str, str]] = set()
    for item in context:
        kind = item.get("type", "message")
        if kind in ANSWERS.values():
            calls[kind, item["call_id"]] = item
        elif kind in ANSWERS:
            key = (ANSWERS[kind], item["call_id"])
            if key not in calls:
                title = _title(ANSWERS[kind])
                raise bad_request(f"No tool call found for {title} output with call_id {key[1]}.", param="input")
            answered.add(key)
    for key, call in calls.items():
        if key not in answered and not call.get("async"):
            raise bad_request(f"No tool output found for {_title(key[0])} {key[1]}.", param="input")


def check_ids(context: Iterable[Item]) -> None:
    """No item may be in the context twice. Raises Refusal (400, param `input`)."""
    seen: set[str] = set()
    for item in context:
        item_id = item.get("id")
        if item_id is None:
            continue
        if item_id in seen:
            raise bad_request(
                f"Duplicate item found with id {item_id}. Remove duplicate items from your input and try again.",
                param="input",
            )
        seen.add(item_id)


def not_persisted(item_id: str) -> Refusal:
    """The refusal for an item that is only named, while nothing of it was stored."""
    return Refusal(
        404,
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input.",
        param="input",
    )
