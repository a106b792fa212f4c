"""Frames as the service writes them, and the items that they carry: a play reads as a list of calls."""

import json
from typing import Any

from hypothesis import strategies as st

from patchwire.wire.items import Item


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


def created(response_id: str) -> str:
    return event("response.created", response={"id": response_id, "status": "in_progress", "output": []})


def completed(response_id: str, *output: Item, usage: Item | None = None) -> str:
    return event("response.completed", response={"id": response_id, "output": list(output), "usage": usage})


def incomplete(response_id: str, *output: Item, reason: str = "max_output_tokens") -> str:
    details = {"reason": reason}
    return event("response.incomplete", response={"id": response_id, "output": output, "incomplete_details": details})


def failed(response_id: str, code: str = "server_error") -> str:
    return event("response.failed", response={"id": response_id, "error": {"code": code, "message": "it broke"}})


def refused(code: str | None = "server_error", **fields: Any) -> str:
    return event("error", error={"code": code, "message": "no", **fields})


def said(delta: str, index: int = 0, item_id: str = "msg_1") -> str:
    return event("response.output_text.delta", item_id=item_id, output_index=index, content_index=0, delta=delta)


def item_done(item: Item, index: int = 0) -> str:
    return event("response.output_item.done", output_index=index, item=item)


def message(text: str, **fields: Any) -> Item:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part], **fields}


def reasoning(encrypted: str = "gAAA") -> Item:
    return {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": encrypted}


def function_call(call_id: str, name: str = "read_file", arguments: str = "{}") -> Item:
    return {"id": f"fc_{call_id}", "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def custom_call(call_id: str) -> Item:
    return {"type": "custom_tool_call", "call_id": call_id, "name": "apply_patch", "input": "*** Begin Patch"}


def patch_call(call_id: str) -> Item:
    operation = {"type": "delete_file", "path": "a.py"}
    return {"type": "apply_patch_call", "call_id": call_id, "status": "completed", "operation": operation}


def shell_call(call_id: str) -> Item:
    return {"type": "shell_call", "call_id": call_id, "status": "completed", "action": {"commands": ["ls"]}}


def output(call_id: str, text: str = "ok") -> Item:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


_WORDS = ["", "a", "message", "reasoning", "function_call", "shell_call_output", "r1"]
_NAMES = ["id", "type", "call_id", "content", "summary", "text", "code", "output", "error", "usage", "retry-after"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=8,
)
_KINDS = [
    *(f"response.{stage}" for stage in ("created", "in_progress", "completed", "incomplete", "failed", "cancelled")),
    *(f"response.output_item.{verb}" for verb in ("added", "done")),
    *(
        f"response.{what}.{verb}"
        for what in ("output_text", "refusal", "reasoning_summary_text", "reasoning_text", "function_call_arguments")
        for verb in ("delta", "done")
    ),
    "error",
    "hologram",
]
_FIELDS = [
    "response",
    "item",
    "item_id",
    "output_index",
    "content_index",
    "delta",
    "text",
    "error",
    "headers",
    "status",
]


def strange_frames() -> st.SearchStrategy[str]:
    """Objects of known types whose every field is missing or wrong."""
    fields = st.dictionaries(st.sampled_from(_FIELDS), _JSON)
    return st.builds(lambda kind, strange: event(kind, **strange), st.sampled_from(_KINDS), fields)
