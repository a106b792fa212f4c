"""What the server rebuilt against what the client believes: a digest to compare, and the first difference in words.

Items are compared in a bare form: ids, statuses and nulls do not count, and a message is a message with or without its
`type`, its content a string or the part that the string stands for.
"""

import hashlib
import json
from collections.abc import Sequence

from patchwire.loopback.model import Item

DIGEST = "context_sha256"
"""The key of `metadata` under which a client says what it believes."""


def digest(context: Sequence[Item]) -> str:
    """SHA-256, in hex, of the context's bare form as compact JSON with sorted keys, in UTF-8."""
    return hashlib.sha256(_text([_bare(item) for item in context]).encode(errors="surrogatepass")).hexdigest()


def doubt(body: Item, context: Sequence[Item]) -> str | None:
    """What differs between a request's context and the digest in its own metadata; None where nothing does."""
    believed = (body.get("metadata") or {}).get(DIGEST)
    ours = digest(context)
    return None if believed in (None, ours) else f"the client's {DIGEST} is {believed}, the server's {ours}"


def difference(ours: Sequence[Item], theirs: Sequence[Item]) -> str | None:
    """The first difference between the server's context and the client's, None where there is none."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        here, there = _text(_bare(one)), _text(_bare(other))
        if here != there:
            return f"item {place}: the server has {here}, the client {there}"
    if len(ours) != len(theirs):
        return f"the server has {len(ours)} items, the client {len(theirs)}"
    return None


def _bare(item: Item) -> Item:
    bare = {key: value for key, value in item.items() if key not in ("id", "status") and value is not None}
    if "role" in bare:
        bare.setdefault("type", "message")
        if isinstance(bare.get("content"), str):
            kind = "output_text" if bare["role"] == "assistant" else "input_text"
            bare["content"] = [{"type": kind, "text": bare["content"]}]
        bare["content"] = [_bare_part(part) for part in bare.get("content", ())]
    return bare


def _bare_part(part: Item) -> Item:
    return {key: value for key, value in part.items() if key not in ("annotations", "logprobs") or value}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
