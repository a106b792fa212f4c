"""The response that is being written: from events in whatever order they come to its list of items.

Refuses to know when a response ends and whether it is ours. Events are only collected here; text is put together in the
rare case that the service sends the pieces but never the whole.
"""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from patchwire.wire.items import Item

_TEXTS = {
    # event stem: the item, its list, the index into it, the part, the part's text
    "response.output_text": ("message", "content", "content_index", "output_text", "text"),
    "response.refusal": ("message", "content", "content_index", "refusal", "refusal"),
    "response.reasoning_summary_text": ("reasoning", "summary", "summary_index", "summary_text", "text"),
    "response.reasoning_text": ("reasoning", "content", "content_index", "reasoning_text", "text"),
}
_FIELDS = {"response.function_call_arguments": "arguments", "response.custom_tool_call_input": "input"}
_BLANKS: dict[str, Item] = {
    "message": {"type": "message", "role": "assistant", "status": "completed", "content": []},
    "reasoning": {"type": "reasoning", "summary": []},
}


@dataclass(slots=True)
class _Slot:
    """One place of the output list: its item as last sent whole, and the pieces since. `done`: no piece counts."""

    item: Item | None = None
    done: bool = False
    pieces: list[Item] = field(default_factory=list)


class Draft:
    """Collects the events of one response."""

    def __init__(self) -> None:
        self._slots: dict[int, _Slot] = {}
        self._places: dict[str, int] = {}

    @property
    def begun(self) -> bool:
        """Whether a piece of an item, or a whole one, has come."""
        return any(slot.done or slot.pieces for slot in self._slots.values())

    def feed(self, raw: Item) -> None:
        """Take one decoded frame of this response; what does not add to an item is ignored."""
        stem, _, verb = raw["type"].rpartition(".")
        if stem == "response.output_item":
            item = raw.get("item")
            if isinstance(item, dict) and verb in ("added", "done"):
                slot = self._slot(raw, item.get("id"))
                if not slot.done:
                    slot.item, slot.done = item, verb == "done"
        elif (stem in _TEXTS or stem in _FIELDS) and verb in ("delta", "done"):
            self._slot(raw, raw.get("item_id")).pieces.append(raw)

    def items(self, terminal: Sequence[Item] | None) -> tuple[Item, ...]:
        """The output. `terminal` is the list that ended the response, None where it had none.

        That list counts, even an empty one, unless it is a fragment: gateways are known to send one that lacks items
        which `response.output_item.done` had brought; then those are the truth.
        """
        done = [slot for slot in self._slots.values() if slot.done]
        if terminal is not None and len(terminal) >= len(done):
            return tuple(terminal)
        built = (_build(slot) for _, slot in sorted(self._slots.items()) if terminal is None or slot.done)
        return tuple(item for item in built if item is not None)

    def _slot(self, raw: Item, item_id: object) -> _Slot:
        """By `output_index`; failing that by the item's id; failing that a new place."""
        place = raw.get("output_index")
        if not isinstance(place, int):
            known = self._places.get(item_id) if isinstance(item_id, str) else None
            place = max(self._slots, default=-1) + 1 if known is None else known
        if isinstance(item_id, str):
            self._places[item_id] = place
        return self._slots.setdefault(place, _Slot())


def _build(slot: _Slot) -> Item | None:
    """The item as far as it is known; None where nothing says what it is."""
    item = slot.item
    if slot.done:
        return item
    lists: dict[str, dict[int, Any]] = {}
    for (stem, place), pieces in _grouped(slot.pieces).items():
        if stem in _TEXTS:
            kind, listed, _, part, text = _TEXTS[stem]
            item = item or _blank(kind, pieces[0])
            old = item.get(listed)
            parts = lists.setdefault(listed, dict(enumerate(old if isinstance(old, list) else [])))
            extra: Item = {"annotations": []} if part == "output_text" else {}
            parts[place] = {"type": part, text: _joined(pieces, text), **extra}
            item[listed] = [written for _, written in sorted(parts.items())]
        elif item:  # a call's name and id come with its item alone: pieces make no call
            item[_FIELDS[stem]] = _joined(pieces, _FIELDS[stem])
    return item


def _grouped(pieces: Iterable[Item]) -> dict[tuple[str, int], list[Item]]:
    """Pieces by what they spell: the stem of their type, and the index of the part."""
    groups: dict[tuple[str, int], list[Item]] = {}
    for raw in pieces:
        stem = raw["type"].rpartition(".")[0]
        place = raw.get(_TEXTS[stem][2]) if stem in _TEXTS else 0
        groups.setdefault((stem, place if isinstance(place, int) else 0), []).append(raw)
    return groups


def _blank(kind: str, first: Item) -> Item:
    name = first.get("item_id")
    return ({"id": name} if isinstance(name, str) else {}) | deepcopy(_BLANKS[kind])


def _joined(pieces: list[Item], whole: str) -> str:
    """What deltas spell; a `done` piece brings the whole text and replaces them."""
    for raw in reversed(pieces):
        if raw["type"].endswith(".done") and isinstance(raw.get(whole), str):
            return str(raw[whole])
    return "".join(raw["delta"] for raw in pieces if isinstance(raw.get("delta"), str))
