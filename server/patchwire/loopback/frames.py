"""JSON objects as text, in and out, as the service writes and accepts them."""

import json
from typing import Any

from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal, bad_request


def encode(value: Item) -> str:
    """Compact JSON. Characters stand for themselves, but for lone surrogates, which no UTF-8 frame could carry."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def decode(text: str | bytes) -> Item:
    """One JSON object. Raises Refusal (400)."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _not_json() from error
    if not isinstance(value, dict):
        raise _not_json()
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _not_json() -> Refusal:
    return bad_request("We could not parse the JSON body of your request: expected one JSON object.")
