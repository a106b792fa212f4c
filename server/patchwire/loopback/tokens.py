"""A simple count that stands in for a tokenizer: one token for every four bytes of an item's compact JSON.

Deterministic and monotonous, so that budgets and ratios mean something; not what any real model would count. The
cache works on whole items, without a least size: what counts as cached is the longest prefix (model, instructions,
tools, `text`, `reasoning` and `prompt_cache_key`, then item after item, ids and statuses left out) that some earlier
request of this server began with.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from patchwire.loopback.model import Item, Request

BYTES = 4
"""Bytes of JSON that make a token."""

_SUMMARY = 4000
"""Characters of a sealed item that count."""


def count(value: object) -> int:
    """Tokens of any JSON value."""
    return -(-len(_compact(value)) // BYTES)


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(errors="surrogatepass")


def weight(item: Item) -> int:
    """Tokens of an item: ids and statuses weigh nothing."""
    return count(_bare(item))


def size(request: Request) -> int:
    """Tokens of a whole request."""
    return sum(map(count, _parts(request)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request weighs: all its tokens, and those of them that the cache had."""

    input_tokens: int
    cached_tokens: int


class PromptCache:
    """Remembers every prefix that it has seen; the oldest go when there are more than `limit`."""

    def __init__(self, limit: int = 100_000) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._limit = limit

    def read(self, request: Request) -> Prompt:
        """Weigh a request and remember its prefixes."""
        total = cached = 0
        digest = b""
        for part in _parts(request):
            data = _compact(part)
            total += -(-len(data) // BYTES)
            digest = hashlib.blake2b(data, key=digest, digest_size=16).digest()
            if digest in self._seen:
                cached = total
            self._seen[digest] = None
            self._seen.move_to_end(digest)
        while len(self._seen) > self._limit:
            self._seen.popitem(last=False)
        return Prompt(total, cached)


def _parts(request: Request) -> Iterator[object]:
    body = request.body
    form = [body.get(name) for name in ("text", "reasoning", "prompt_cache_key")]
    yield [request.model, request.instructions, request.tools, *(part for part in form if part)]
    for item in request.context:
        yield _bare(item)


def _bare(item: Item) -> Item:
    return {key: _weighty(key, value) for key, value in item.items() if key not in ("id", "status")}


def _weighty(key: str, value: object) -> object:
    """What is sealed weighs what a summary would, however much is in it."""
    if key == "encrypted_content" and isinstance(value, str) and len(value) > _SUMMARY:
        return value[:_SUMMARY] + hashlib.sha256(value.encode()).hexdigest()
    return value


def usage(prompt: Prompt, output: tuple[Item, ...]) -> Item:
    """The `usage` object of a response."""
    reasoning = sum(weight(item) for item in output if item.get("type") == "reasoning")
    written = sum(weight(item) for item in output)
    return {
        "input_tokens": prompt.input_tokens,
        "input_tokens_details": {"cached_tokens": prompt.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt.input_tokens + written,
    }
