"""From a model's output items to what goes over the wire: finished items, their events, the response object.

Pure: ids and times come in as arguments. Events carry no sequence numbers yet; the sender counts.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence

from patchwire.loopback.items import PREFIXES
from patchwire.loopback.model import Item

_CALLS = ("function_call", "custom_tool_call", "apply_patch_call", "shell_call")
_WITHOUT_STATUS = ("reasoning", "custom_tool_call", "compaction")


def finish(items: Sequence[Item], body: Item, new_id: Callable[[str], str]) -> tuple[Item, ...]:
    """The output items as the service would give them: with ids, call ids, statuses and the fields that must be there.

    `new_id` makes an id with a prefix. Reasoning shows a summary, and its encrypted content, only where asked to.
    """
    return tuple(_finish(item, body, new_id) for item in items)


def _finish(item: Item, body: Item, new_id: Callable[[str], str]) -> Item:
    kind: str = item.get("type", "message")
    done: Item = {"type": kind, "id": new_id(PREFIXES.get(kind, kind)), **item}
    if kind in _CALLS:
        done.setdefault("call_id", new_id("call"))
    if kind not in _WITHOUT_STATUS:
        done.setdefault("status", "completed")
    if kind == "message":
        done.setdefault("role", "assistant")
        done["content"] = [_part(part) for part in item.get("content", ())]
    elif kind == "reasoning":
        asked = (body.get("reasoning") or {}).get("summary")
        done["summary"] = item.get("summary", []) if asked else []
        if "reasoning.encrypted_content" in (body.get("include") or ()):
            done.setdefault("encrypted_content", _encrypted(done["id"]))
    elif kind == "shell_call":
        limits = {"timeout_ms": None, "max_output_length": None}
        done["action"] = {**limits, **item.get("action", {"commands": []})}
        done.setdefault("environment", {"type": "local"})
    return done


def _part(part: Item) -> Item:
    return {"annotations": [], "logprobs": [], **part} if part.get("type") == "output_text" else dict(part)


def _encrypted(item_id: str) -> str:
    """Opaque, and the same for the same item."""
    return "gAAAA" + base64.urlsafe_b64encode(hashlib.sha512(item_id.encode()).digest()).decode()


def output_events(index: int, item: Item, *, piece: int = 24) -> Iterator[Item]:
    """The events of one finished item. Texts come in pieces of `piece` characters, at most 200 of them."""
    tell = _Teller(index, item["id"], piece)
    empty, inside = _INSIDE.get(item["type"], _plain)(tell, item)
    started = {**item, **empty}
    if "status" in item:
        started["status"] = "in_progress"
    if item["type"] == "reasoning":
        started.pop("encrypted_content", None)
    yield {"type": "response.output_item.added", "output_index": index, "item": started}
    yield from inside
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


class _Teller:
    """Where an item stands, and how its texts are told piece by piece."""

    def __init__(self, index: int, item_id: str, piece: int) -> None:
        self.index = index
        self.place: Item = {"item_id": item_id, "output_index": index}
        self._piece = piece

    def text(self, name: str, text: str, field: str, at: Item, **extra: object) -> Iterator[Item]:
        """Deltas, then the whole under `field`."""
        size = max(self._piece, -(-len(text) // 200))
        for start in range(0, len(text), size):
            yield {"type": f"response.{name}.delta", **at, "delta": text[start : start + size], **extra}
        yield {"type": f"response.{name}.done", **at, field: text, **extra}


_Inside = tuple[Item, Iterator[Item]]
"""What is still empty of an item when it is added, and the events that fill it."""


def _plain(tell: _Teller, item: Item) -> _Inside:
    return {}, iter(())


def _message(tell: _Teller, item: Item) -> _Inside:
    def events() -> Iterator[Item]:
        for number, part in enumerate(item["content"]):
            at = {**tell.place, "content_index": number}
            refusal = part["type"] == "refusal"
            field = "refusal" if refusal else "text"
            yield {"type": "response.content_part.added", **at, "part": {**part, field: ""}}
            if refusal:
                yield from tell.text("refusal", part["refusal"], "refusal", at)
            else:
                yield from tell.text("output_text", part["text"], "text", at, logprobs=[])
            yield {"type": "response.content_part.done", **at, "part": part}

    return {"content": []}, events()


def _reasoning(tell: _Teller, item: Item) -> _Inside:
    def events() -> Iterator[Item]:
        for number, part in enumerate(item["summary"]):
            at = {**tell.place, "summary_index": number}
            yield {"type": "response.reasoning_summary_part.added", **at, "part": {**part, "text": ""}}
            yield from tell.text("reasoning_summary_text", part["text"], "text", at)
            yield {"type": "response.reasoning_summary_part.done", **at, "part": part}

    return {"summary": []}, events()


def _function_call(tell: _Teller, item: Item) -> _Inside:
    return {"arguments": ""}, tell.text("function_call_arguments", item["arguments"], "arguments", tell.place)


def _custom_tool_call(tell: _Teller, item: Item) -> _Inside:
    return {"input": ""}, tell.text("custom_tool_call_input", item["input"], "input", tell.place)


def _shell_call(tell: _Teller, item: Item) -> _Inside:
    def events() -> Iterator[Item]:
        for number, command in enumerate(item["action"]["commands"]):
            at = {"output_index": tell.index, "command_index": number}
            yield {"type": "response.shell_call_command.added", **at, "command": ""}
            yield from tell.text("shell_call_command", command, "command", at)

    return {"action": {**item["action"], "commands": []}}, events()


def _compaction(tell: _Teller, item: Item) -> _Inside:
    return {"encrypted_content": ""}, iter([{"type": "response.compaction.compacting", **tell.place}])


_INSIDE: dict[str, Callable[[_Teller, Item], _Inside]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_tool_call,
    "shell_call": _shell_call,
    "compaction": _compaction,
}


def response_object(
    body: Item,
    *,
    response_id: str,
    created_at: int,
    status: str,
    output: Sequence[Item] = (),
    usage: Item | None = None,
    completed_at: int | None = None,
    error: Item | None = None,
    incomplete_details: Item | None = None,
) -> Item:
    """The response object with every field of the schema, nulls and defaults included."""
    given = {key: value for key, value in body.items() if value is not None}
    text = given.get("text", {})
    tier = given.get("service_tier", "default")
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "status": status,
        "background": False,
        "completed_at": completed_at,
        "conversation": None,
        "error": error,
        "incomplete_details": incomplete_details,
        "input_transformations": [],
        "instructions": given.get("instructions"),
        "max_output_tokens": given.get("max_output_tokens"),
        "max_tool_calls": given.get("max_tool_calls"),
        "metadata": given.get("metadata", {}),
        "model": body["model"],
        "output": list(output),
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "previous_response_id": given.get("previous_response_id"),
        "prompt": None,
        "prompt_cache_diagnostics": None,
        "prompt_cache_key": given.get("prompt_cache_key"),
        "prompt_cache_options": {"mode": "implicit", "ttl": "30m", **given.get("prompt_cache_options", {})},
        "prompt_cache_retention": given.get("prompt_cache_retention"),
        "reasoning": {"effort": "medium", "summary": None, "context": "auto", **given.get("reasoning", {})},
        "safety_identifier": given.get("safety_identifier"),
        "service_tier": {"auto": "default", "fast": "priority"}.get(tier, tier),
        "store": given.get("store", True),
        "temperature": given.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **text},
        "tool_choice": given.get("tool_choice", "auto"),
        "tools": given.get("tools", []),
        "top_logprobs": given.get("top_logprobs", 0),
        "top_p": given.get("top_p", 1.0),
        "truncation": given.get("truncation", "disabled"),
        "usage": usage,
        "user": given.get("user"),
    }
