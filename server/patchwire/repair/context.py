"""Reading the conversation: which task is asked for, and what the tools have answered to it so far.

Knows the shape of the Responses API's items and nothing of what the tools' texts mean (`outputs` reads those). Whatever
is malformed is passed over: a brain must not fall because a transcript is odd.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that the model makes, as a value: equal calls are the same question."""

    name: str
    arguments: str  # canonical JSON, so that calls compare and hash

    @classmethod
    def of(cls, name: str, **arguments: object) -> "Call":
        """The call of one tool with these arguments."""
        return cls(name, _canonical(arguments))


@dataclass(frozen=True, slots=True)
class Answered:
    """A call of the transcript with what the tool said to it (`""` where the transcript has no output)."""

    call: Call
    output: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The last task of the conversation, and the calls made since with their outputs, in order."""

    task: str
    answered: tuple[Answered, ...] = field(default=())


def read(context: Sequence[Item]) -> Conversation:
    """The last user message is the task; only what comes after it counts, so that a follow-up starts afresh."""
    start, task = 0, ""
    for position, item in enumerate(context):
        if _kind(item) == "message" and item.get("role") == "user":
            start, task = position + 1, _last_text(item.get("content"))
    since = [item for item in context[start:] if _kind(item) in ("function_call", "function_call_output")]
    outputs = {
        item.get("call_id"): text_of(item.get("output")) for item in since if item["type"] == "function_call_output"
    }
    answered = tuple(
        Answered(Call(str(item.get("name")), _normalised(item.get("arguments"))), outputs.get(item.get("call_id"), ""))
        for item in since
        if item["type"] == "function_call"
    )
    return Conversation(task, answered)


def tool_names(tools: Sequence[Item]) -> frozenset[str]:
    """The names of the functions that may be called."""
    offered: Sequence[object] = tools
    return frozenset(str(tool["name"]) for tool in offered if isinstance(tool, Mapping) and "name" in tool)


def text_of(output: object) -> str:
    """A tool's output as text: a string, or the texts of a list of parts."""
    if isinstance(output, str):
        return output
    if isinstance(output, list):
        return "".join(_texts(output))
    return ""


def _kind(item: object) -> object:
    if not isinstance(item, Mapping):
        return None
    return item.get("type", "message" if "role" in item else None)  # the short form of a message has no type


def _last_text(content: object) -> str:
    if isinstance(content, str):
        return content
    texts = _texts(content) if isinstance(content, list) else []
    return texts[-1] if texts else ""


def _texts(parts: Sequence[object]) -> list[str]:
    found = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return [text for text in found if isinstance(text, str)]


def _normalised(arguments: object) -> str:
    try:
        return _canonical(json.loads(str(arguments)))
    except ValueError:
        return ""


def _canonical(arguments: object) -> str:
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
