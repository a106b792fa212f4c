"""Making a history small: when it is time, what to ask the service for, and what to do where it cannot help.

Pure like its neighbours. What a compacted window begins is up to `Conversation.rebase`.
"""

import json
from collections.abc import Sequence

from patchwire.errors import ProviderError
from patchwire.wire.events import TokenUsage
from patchwire.wire.items import Item, open_calls
from patchwire.wire.request import RequestSettings, encode

SERVICE_SHARE = 0.70
"""The share of a model's window at which a service that can compacts by itself."""
OUR_SHARE = 0.85
"""The share at which we ask for it, wherever the service did not."""
CHARACTERS = 4
"""Of a text that nobody has counted yet, so many are taken for a token."""
SHORT = 500
"""Characters that stay of an old tool output where there is nobody to compact it."""

_TAKEN_OVER = ("prompt_cache_key", "service_tier")


def is_due(usage: TokenUsage, window: int, fresh: int = 0) -> bool:
    """Whether the next request, with so many characters that are new, comes too near to the `window` (in tokens)."""
    return usage.input_tokens + usage.output_tokens + fresh / CHARACTERS >= OUR_SHARE * window


def management(window: int) -> list[Item]:
    """`context_management` for a model's `window`."""
    return [{"type": "compaction", "compact_threshold": int(SERVICE_SHARE * window)}]


def request(settings: RequestSettings, items: Sequence[Item]) -> str:
    """The body of `POST /responses/compact`."""
    fields: Item = {"model": settings.model}
    if settings.instructions:
        fields["instructions"] = settings.instructions
    fields |= {name: settings.options[name] for name in _TAKEN_OVER if name in settings.options}
    return encode(fields | {"input": list(items)})


def window(answer: str) -> tuple[Item, ...]:
    """The compacted window in the service's answer, as it came. Raises ProviderError for what is none."""
    try:
        output = json.loads(answer)["output"]
    except (ValueError, LookupError, TypeError) as error:
        raise ProviderError("The service's answer to a compaction cannot be read.") from error
    if not isinstance(output, list) or not output or not all(isinstance(item, dict) for item in output):
        raise ProviderError("The service's answer to a compaction holds no items.")
    if open_calls(output):
        raise ProviderError("The service's answer to a compaction holds calls without their outputs.")
    return tuple(output)


def shortened(items: Sequence[Item]) -> tuple[Item, ...]:
    """The same items with every long tool output cut to its beginning: no call loses its output, no word is said anew.

    For services that compact nothing. What was cut can be had again by calling the tool again.
    """
    return tuple(_cut(item) for item in items)


def _cut(item: Item) -> Item:
    text = item.get("output")
    if not str(item.get("type")).endswith("_output") or not isinstance(text, str) or len(text) <= 2 * SHORT:
        return item
    return item | {"output": f"{text[:SHORT]}\n[{len(text) - SHORT} characters left out to save room]"}
