"""One frame of the service's in, one `ServerEvent` out. Only `type` is required; what is not known is `Other`.

Refuses to know conversations: which response an event belongs to, and what it changes, is decided elsewhere.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from patchwire.errors import ConnectionLost
from patchwire.wire.items import Item


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one response as the service counts them; the input is the whole context, chained or not."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


# Codes that leave no doubt (None: there is no cure). Those of `_TRANSIENT` do: a message may say that waiting is vain.
_CURES: dict[str | None, frozenset[str]] = {
    "chain_lost": frozenset({"previous_response_not_found"}),
    "rotation": frozenset({"websocket_connection_limit_reached"}),
    "too_long": frozenset({"context_length_exceeded", "context_window_exceeded", "request_too_large"}),
    "unauthorized": frozenset({"invalid_api_key", "expired_api_key", "token_expired"}),
    None: frozenset({"insufficient_quota", "usage_limit_reached", "usage_not_included", "billing_hard_limit_reached"}),
}
_TRANSIENT = frozenset({
    "rate_limit_exceeded", "rate_limit_error", "slow_down", "server_error", "internal_server_error", "internal_error",
    "server_is_overloaded", "overloaded_error", "service_unavailable", "timeout", "vector_store_timeout",
})  # fmt: skip
# Messages decide last: their wording is nobody's promise.
_SAYS_CHAIN_LOST = re.compile(r"previous response\b.*\bnot found", re.IGNORECASE | re.DOTALL)
_SAYS_ROTATION = re.compile(r"connection limit reached \(\d+ minutes\)", re.IGNORECASE)
_SAYS_LIFETIME = re.compile(r"\((\d+) minutes\)")
_SAYS_UNWELCOME = re.compile(
    r"(?:unsupported|unknown|unrecognized)[\w ]*(?:parameter|argument)[\w ]*: *[`'\"]?([a-z_]+)", re.IGNORECASE
)
_SAYS_TOO_LONG = re.compile(r"context (length|window)|maximum context|request too large", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceError:
    """What the service says went wrong. At most one of the five cures is true; none of them: the request itself is bad.

    `kind` is the error's own `type`; `retry_after` is in seconds.
    """

    code: str | None = None
    message: str = ""
    param: str | None = None
    status: int | None = None
    kind: str | None = None
    retry_after: float | None = None

    @property
    def chain_lost(self) -> bool:
        """The response that we continued is gone; nothing was generated. Cure: the whole history."""
        return self._cure == "chain_lost"

    @property
    def rotation(self) -> bool:
        """The connection has lived as long as it may; nothing was generated. Cure: a new one, the whole history."""
        return self._cure == "rotation"

    @property
    def too_long(self) -> bool:
        """The request is larger than the model, or the rate limit, can ever take. Cure: compact."""
        return self._cure == "too_long"

    @property
    def transient(self) -> bool:
        """The service is busy or broken for the moment. Cure: wait, then the whole history."""
        return self._cure == "transient"

    @property
    def unauthorized(self) -> bool:
        """The service does not take our key (any more). Cure: another key, if there is one, on a new connection."""
        return self._cure == "unauthorized"

    @property
    def unwelcome(self) -> str | None:
        """The parameter that a bad request is bad for, by the service's name for it (`reasoning.summary`)."""
        if self._cure is not None or (self.status is not None and self.status not in (400, 422)):
            return None
        said = _SAYS_UNWELCOME.search(self.message)
        return self.param or (said[1] if said else None)

    @property
    def lifetime_seconds(self) -> float | None:
        """How long the service says that a connection lives, where it says so at the end of one."""
        said = _SAYS_LIFETIME.search(self.message) if self.rotation else None
        return float(said[1]) * 60 if said else None

    @property
    def _cure(self) -> str | None:
        names = {self.code, self.kind}
        for cure, codes in _CURES.items():
            if names & codes:
                return cure
        if self.param == "previous_response_id" or (self.code is None and _SAYS_CHAIN_LOST.search(self.message)):
            return "chain_lost"
        if _SAYS_ROTATION.search(self.message):
            return "rotation"
        if self.status == 413 or _SAYS_TOO_LONG.search(self.message):
            return "too_long"
        if self.status == 401:
            return "unauthorized"
        if not (self.code or self.kind or self.param or self.status or _SAYS_UNWELCOME.search(self.message)):
            return "transient"  # says nothing of the request: the service broke (protocol.md F15)
        busy = self.status is not None and (self.status in (408, 429) or self.status >= 500)
        return "transient" if busy or names & _TRANSIENT else None

    def __str__(self) -> str:
        """The service's own words, with its code where it gave one."""
        words = self.message or "the service gave no reason"
        return f"{words} ({self.code})" if self.code else words


@dataclass(frozen=True, slots=True)
class Created:
    """A response began."""

    response_id: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of what the model says (or of its refusal to say it)."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning, or of its summary."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemDone:
    """An item of the response is whole; its response is not, and may still be lost."""

    index: int
    item: Item


@dataclass(frozen=True, slots=True)
class Completed:
    """The response ended well. `output` is None where the service did not repeat it."""

    response_id: str
    output: tuple[Item, ...] | None
    usage: TokenUsage


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The response was cut short: `max_output_tokens`, `content_filter`, … Its text counts, its calls do not."""

    response_id: str
    reason: str
    output: tuple[Item, ...] | None
    usage: TokenUsage


@dataclass(frozen=True, slots=True)
class Failed:
    """The response began and failed."""

    response_id: str
    error: ServiceError


@dataclass(frozen=True, slots=True)
class Refused:
    """An `error` frame: about a request that became no response, or about the connection."""

    error: ServiceError


@dataclass(frozen=True, slots=True)
class Other:
    """An event that asks for nothing."""

    type: str


ServerEvent = Created | TextDelta | ReasoningDelta | ItemDone | Completed | Incomplete | Failed | Refused | Other

_LIFE = frozenset(
    f"response.{stage}"
    for stage in ("created", "queued", "in_progress", "completed", "incomplete", "failed", "cancelled")
)


def parse(frame: str) -> ServerEvent:
    """One frame → one event. Raises ConnectionLost for a frame that is no JSON object with a string `type`."""
    return interpret(decode(frame))


def decode(frame: str) -> Item:
    """The JSON object of a frame. Raises ConnectionLost as `parse`: what talks like that is not the service."""
    if frame.strip() == "[DONE]":  # the end mark of event streams, which some servers send on a socket too
        return {"type": "[DONE]"}
    try:
        raw = _DECODER.decode(frame)
    except (ValueError, RecursionError) as error:
        raise ConnectionLost(f"the service sent a frame that is not JSON: {frame[:80]!r}", started=True) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise ConnectionLost(f"the service sent a frame without a type: {frame[:80]!r}", started=True)
    return raw


def interpret(raw: Item) -> ServerEvent:
    """The event that a decoded frame is."""
    kind: str = raw["type"]
    match kind:
        case "response.created":
            return Created(response_id(raw) or "")
        case "response.output_text.delta" | "response.refusal.delta":
            return TextDelta(_text(raw, "item_id") or "", _text(raw, "delta") or "")
        case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
            return ReasoningDelta(_text(raw, "item_id") or "", _text(raw, "delta") or "")
        case "response.output_item.done" if isinstance(raw.get("item"), dict):
            return ItemDone(_count(raw.get("output_index")), raw["item"])
        case "response.completed":
            return Completed(response_id(raw) or "", _output(raw), _usage(raw))
        case "response.incomplete":
            reason = _text(_object(_object(raw.get("response")).get("incomplete_details")), "reason")
            reason = "max_output_tokens" if reason == "max_tokens" else reason or "unknown"
            return Incomplete(response_id(raw) or "", reason, _output(raw), _usage(raw))
        case "response.failed":
            return Failed(response_id(raw) or "", _error(_object(raw.get("response")).get("error"), raw))
        case "response.cancelled":  # no event of the documents, but some gateways end a response with it
            return Failed(response_id(raw) or "", ServiceError("cancelled", "the service cancelled the response"))
        case "error":
            return Refused(_error(raw.get("error"), raw))
        case _:
            return Other(kind)


def response_id(raw: Item) -> str | None:
    """The id of the response that an event names: those of its life do, what lies between does not."""
    named = _text(_object(raw.get("response")), "id") if raw["type"] in _LIFE else None
    return named or None


def _error(nested: object, frame: Item) -> ServiceError:
    """Both shapes: `{type: error, error: {type, code, …}}` as it comes on sockets, and flat as in event streams."""
    body = nested if isinstance(nested, dict) else {key: frame[key] for key in frame if key != "type"}
    code = body.get("code")
    status = next((n for o in (frame, body) for k in ("status", "status_code") if (n := _count(o.get(k)))), None)
    if isinstance(code, int):
        status, code = status or code, None
    return ServiceError(
        code=code if isinstance(code, str) and code else None,
        message=nested if isinstance(nested, str) else _text(body, "message") or "",
        param=_text(body, "param"),
        status=status,
        kind=_text(body, "type"),
        retry_after=_retry_after(frame.get("headers")) or _retry_after(body.get("headers")),
    )


def _retry_after(headers: object) -> float | None:
    """Seconds from `Retry-After-Ms` or `Retry-After`. A date is of no use to those who have no clock."""
    named = {str(name).lower(): value for name, value in _object(headers).items()}
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(named[name]) * unit
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _output(raw: Item) -> tuple[Item, ...] | None:
    output = _object(raw.get("response")).get("output")
    return tuple(item for item in output if isinstance(item, dict)) if isinstance(output, list) else None


def _usage(raw: Item) -> TokenUsage:
    usage = _object(_object(raw.get("response")).get("usage"))
    return TokenUsage(
        input_tokens=_count(usage.get("input_tokens")),
        cached_tokens=_count(_object(usage.get("input_tokens_details")).get("cached_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        reasoning_tokens=_count(_object(usage.get("output_tokens_details")).get("reasoning_tokens")),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(source: Mapping[str, Any], name: str) -> str | None:
    value = source.get(name)
    return value if isinstance(value, str) else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _finite(literal: str) -> float:
    """Numbers that no JSON writer can repeat are refused here, so that every item can be sent back."""
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError(f"{literal} is no JSON number")
    return number


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)
