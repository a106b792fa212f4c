"""From a request and what is remembered to its whole logical context, and whether that fits. Knows no response.

Sans-I/O.
"""

from collections.abc import Sequence

from patchwire.loopback import catalogue, tokens
from patchwire.loopback.items import ANSWERS, not_persisted
from patchwire.loopback.limits import Limits
from patchwire.loopback.model import Item, Request
from patchwire.loopback.refusal import Refusal, bad_request
from patchwire.loopback.store import Archive, Kept, Memory, parent_of
from patchwire.loopback.validate import check_context


def is_warm_up(body: Item) -> bool:
    """True where the request only prepares: the model is not asked."""
    return body.get("generate") is False or bool((body.get("prompt_cache_options") or {}).get("prewarm"))


def as_items(given: str | Sequence[Item]) -> list[Item]:
    """An `input`: a string is a user's message."""
    return [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else list(given)


def request_of(body: Item, context: tuple[Item, ...]) -> Request:
    """The request as a model sees it."""
    return Request(
        model=body["model"],
        instructions=body.get("instructions") or "",
        tools=tuple(body.get("tools") or ()),
        context=context,
        body=body,
    )


def rebuild(body: Item, memory: Memory, archive: Archive) -> tuple[Kept | None, tuple[Item, ...]]:
    """The parent and the whole logical context of a request. Raises Refusal."""
    parent = parent_of(body.get("previous_response_id"), memory, archive)
    before = (*parent.context, *memory.steered.get(parent.id, ())) if parent else ()
    context = (*before, *(_resolved(item, archive) for item in as_items(body.get("input", []))))
    check_context(context, warm_up=is_warm_up(body))
    return parent, context


def _resolved(item: Item, archive: Archive) -> Item:
    """An item that only names another is replaced by that one; what was never stored cannot be named."""
    kind = item.get("type")
    if kind == "item_reference" or (kind == "reasoning" and "id" in item and not item.get("encrypted_content")):
        stored = archive.item(item["id"])
        if stored is None:
            raise not_persisted(item["id"])
        return stored
    return item


def fit(request: Request, limits: Limits) -> tuple[Item, ...]:
    """The context as it fits the model's window: with `truncation: auto` without its oldest items.

    Raises Refusal where it does not fit, or where the request alone is more than a minute allows.
    """
    window = limits.context_tokens or catalogue.served(request.model).context
    size = tokens.size(request)
    context = request.context
    if size > window:
        if request.body.get("truncation") != "auto":
            raise bad_request(
                "Your input exceeds the context window of this model. Please adjust your input and try again.",
                code="context_length_exceeded",
                param="input",
            )
        context = _youngest(context, size - window)
    most = limits.tokens_per_minute
    if most is not None and size > most:
        raise Refusal(
            429,
            f"Request too large for {request.model} on tokens per min (TPM): Limit {most}, Requested {size}. "
            "The input or output tokens must be reduced in order to run successfully.",
            code="rate_limit_exceeded",
        )
    return context


def _youngest(context: tuple[Item, ...], excess: int) -> tuple[Item, ...]:
    """What is left when the oldest items of at least so many tokens are gone, and outputs with their calls."""
    gone = 0
    while excess > 0 and gone < len(context) - 1:
        excess -= tokens.weight(context[gone])
        gone += 1
    calls = {item["call_id"] for item in context[gone:] if item.get("type") in ANSWERS.values()}
    return tuple(item for item in context[gone:] if item.get("type") not in ANSWERS or item["call_id"] in calls)


def threshold_reached(request: Request) -> bool:
    """Whether the client wants the context compacted before the model goes on."""
    rules = request.body.get("context_management") or ()
    thresholds = [rule.get("compact_threshold") for rule in rules if rule["type"] == "compaction"]
    size = tokens.size(request)
    return any(threshold is not None and size >= threshold for threshold in thresholds)


def check_permitted(body: Item, limits: Limits) -> None:
    """Parameters that this organisation may not use, and a threshold that is too small. Raises Refusal (400)."""
    least = limits.least_threshold
    for rule in body.get("context_management") or ():
        if least is not None and (rule.get("compact_threshold") or least) < least:
            raise bad_request(
                f"Invalid 'context_management[0].compact_threshold': expected at least {least}.",
                code="integer_below_min_value",
                param="context_management[0].compact_threshold",
            )
    for name in limits.forbidden:
        value: object = body
        for key in name.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            raise bad_request(
                f"Your organization must be verified to use '{name}'.", code="unsupported_value", param=name
            )
