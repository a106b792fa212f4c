"""Items: the JSON objects that a conversation is made of. What we say, what the model called, how a call is answered.

Refuses to know frames, requests and the order of a conversation. Items of a kind that this page does not name are kept
and replayed verbatim like all others.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Item = dict[str, Any]
"""One JSON object of a conversation. An item that was handed to a conversation must not be changed any more."""


class CallKind(Enum):
    """The calls that a client must answer. The value is the item's `type`; its answer's type is `<value>_output`."""

    FUNCTION = "function_call"
    CUSTOM = "custom_tool_call"
    APPLY_PATCH = "apply_patch_call"
    SHELL = "shell_call"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool.

    `arguments` is what the model wrote, unchecked: JSON for FUNCTION, free text for CUSTOM, the `operation` or the
    `action` as JSON for the built-in kinds APPLY_PATCH and SHELL (whose `name` is `apply_patch` or `shell`). Calls of a
    kind that we never offered have to be answered too, or the chain breaks.
    """

    call_id: str
    name: str
    arguments: str
    kind: CallKind = CallKind.FUNCTION


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The answer to one call. `ok` is False where the tool did not do what it was asked; `text` then says why."""

    call: ToolCall
    text: str
    ok: bool = True

    def item(self) -> Item:
        """The output item, of the type that fits the call."""
        item: Item = {"type": f"{self.call.kind.value}_output", "call_id": self.call.call_id}
        if self.call.kind is CallKind.SHELL:
            outcome = {"type": "exit", "exit_code": 0 if self.ok else 1}
            return item | {"output": [{"stdout": self.text, "stderr": "", "outcome": outcome}]}
        if self.call.kind is CallKind.APPLY_PATCH:
            item["status"] = "completed" if self.ok else "failed"
        return item | {"output": self.text}


def user_message(*texts: str) -> Item:
    """What the user says, one part per text."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text} for text in texts]}


def call_in(item: Item) -> ToolCall | None:
    """The call that an item is, if it is one that can be answered (it has a `call_id`)."""
    call_id = item.get("call_id")
    if not isinstance(call_id, str):
        return None
    match item.get("type"):
        case CallKind.FUNCTION.value:
            return ToolCall(call_id, _text(item.get("name")), _text(item.get("arguments")))
        case CallKind.CUSTOM.value:
            return ToolCall(call_id, _text(item.get("name")), _text(item.get("input")), CallKind.CUSTOM)
        case CallKind.APPLY_PATCH.value:
            return ToolCall(call_id, "apply_patch", json.dumps(item.get("operation")), CallKind.APPLY_PATCH)
        case CallKind.SHELL.value:
            return ToolCall(call_id, "shell", json.dumps(item.get("action")), CallKind.SHELL)
        case _:
            return None


def calls_in(items: Iterable[Item]) -> tuple[ToolCall, ...]:
    """Every call, in order, answered or not."""
    return tuple(call for item in items if (call := call_in(item)) is not None)


def open_calls(items: Iterable[Item]) -> tuple[ToolCall, ...]:
    """The calls that no later item answers. (A shell that the service hosts answers its own calls.)"""
    return tuple(call for _, call in _open(items).values())


def without_open_calls(items: Sequence[Item]) -> tuple[Item, ...]:
    """What may stay in a history when a response was cut short.

    An unanswered call goes, for its arguments may be half written; so does reasoning that led to nothing that stays
    (the service refuses a reasoning item without the item it belongs to), and a message that says nothing yet.
    """
    unanswered = _open(items)
    kept: list[Item] = []
    reasoning: list[Item] = []
    for item in items:
        if item.get("type") == "reasoning":
            reasoning.append(item)
            continue
        call = call_in(item)
        if (call is None or call.call_id not in unanswered) and (item.get("type") != "message" or _said(item)):
            kept += [*reasoning, item]
        reasoning.clear()
    return tuple(kept)


def settled_length(items: Sequence[Item]) -> int:
    """How many items at the front belong to nothing unfinished.

    Where calls are open, that is what stands before the response which made the first of them; otherwise all.
    """
    unanswered = _open(items)
    if not unanswered:
        return len(items)
    length = min(place for place, _ in unanswered.values())
    while length and not _is_input(items[length - 1]):
        length -= 1
    return length


def last_compaction(items: Sequence[Item]) -> int | None:
    """The place of the last item that stands for everything before it; None where there is none."""
    return next((place for place in reversed(range(len(items))) if items[place].get("type") == "compaction"), None)


def text_of(items: Iterable[Item]) -> str:
    """What the model says to the user, refusals too; messages are parted by a blank line."""
    return _join(item for item in items if _is_answer(item))


def final_text_of(items: Iterable[Item]) -> str:
    """The same without its notes on the way (`phase` is `commentary`), unless it said nothing else."""
    said = [item for item in items if _is_answer(item)]
    return _join(item for item in said if item.get("phase") != "commentary") or _join(said)


def _open(items: Iterable[Item]) -> dict[str, tuple[int, ToolCall]]:
    """By call id: where the unanswered call stands, and the call. An id may be used again once it was answered."""
    unanswered: dict[str, tuple[int, ToolCall]] = {}
    for place, item in enumerate(items):
        if (call := call_in(item)) is not None:
            unanswered.setdefault(call.call_id, (place, call))
        elif _text(item.get("type")).endswith("_output"):
            unanswered.pop(_text(item.get("call_id")), None)
    return unanswered


def _is_answer(item: Item) -> bool:
    return item.get("type") == "message" and item.get("role") == "assistant"


def _is_input(item: Item) -> bool:
    kind = _text(item.get("type"))
    return kind.endswith("_output") or ("role" in item and item["role"] != "assistant")


def _join(messages: Iterable[Item]) -> str:
    return "\n\n".join(text for message in messages if (text := _said(message)))


def _said(message: Item) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(_text(part.get("text")) or _text(part.get("refusal")) for part in parts if isinstance(part, dict))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
