"""`POST /v1/responses/compact`: a context made small. What the user said stays; the rest goes into one opaque item.

Opaque to the client only: `reveal` gives a model behind the server the items back, so nothing is lost.
"""

import base64
import json
import zlib
from collections.abc import Callable, Sequence

from patchwire.loopback.model import Item

_MARK = "gAAAAz"


def compact(context: Sequence[Item], new_id: Callable[[str], str]) -> list[Item]:
    """The compacted window: the user's messages, then a `compaction` item that holds all else."""
    kept = [item for item in context if item.get("role") == "user"]
    gone = [item for item in context if item.get("role") != "user"]
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(gone).encode())).decode()
    return [*kept, {"type": "compaction", "id": new_id("cmp"), "encrypted_content": _MARK + packed}]


def reveal(item: Item) -> tuple[Item, ...]:
    """The items inside a compaction item that `compact` made. Raises ValueError for any other."""
    sealed = item.get("encrypted_content", "")
    if not sealed.startswith(_MARK):
        raise ValueError("not an item that this server compacted")
    try:
        return tuple(json.loads(zlib.decompress(base64.urlsafe_b64decode(sealed[len(_MARK) :]))))
    except zlib.error as error:
        raise ValueError("a damaged compaction item") from error
