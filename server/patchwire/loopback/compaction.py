"""A context made small: everything goes into one opaque `compaction` item, which stands for all that came before it.

Opaque to the client only: a model behind the server gets the items back (`expand`), so nothing is lost.
"""

import base64
import json
import zlib
from collections.abc import Callable, Sequence

from patchwire.loopback.model import Item

_MARK = "gAAAAz"
TRIGGER = "compaction_trigger"


def seal(context: Sequence[Item], new_id: Callable[[str], str]) -> Item:
    """The `compaction` item that stands for a context."""
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(expand(context)).encode())).decode()
    return {"type": "compaction", "id": new_id("cmp"), "encrypted_content": _MARK + packed}


def compact(context: Sequence[Item], new_id: Callable[[str], str]) -> list[Item]:
    """The window that `POST /v1/responses/compact` answers: the user's messages, then the item."""
    return [*(item for item in context if item.get("role") == "user"), seal(context, new_id)]


def reveal(item: Item) -> tuple[Item, ...]:
    """The items inside a compaction item of this server's. Raises ValueError for any other."""
    sealed = item.get("encrypted_content", "")
    if not sealed.startswith(_MARK):
        raise ValueError("not an item that this server compacted")
    try:
        return tuple(json.loads(zlib.decompress(base64.urlsafe_b64decode(sealed[len(_MARK) :]))))
    except zlib.error as error:
        raise ValueError("a damaged compaction item") from error


def expand(context: Sequence[Item]) -> tuple[Item, ...]:
    """The context as it was before the last compaction of ours, and what came after it; triggers left out."""
    items = [item for item in context if item.get("type") != TRIGGER]
    for place in reversed(range(len(items))):
        if items[place].get("type") == "compaction":
            try:
                return (*reveal(items[place]), *items[place + 1 :])
            except ValueError:
                continue
    return tuple(items)
