"""What every request of a conversation says besides its input, and how a request becomes text.

Refuses to know histories, chains and answers.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from patchwire.errors import LocalProtocolError
from patchwire.wire.items import Item

_OURS = frozenset({"type", "model", "instructions", "tools", "previous_response_id", "input", "generate", "stream"})
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """Every field of a request but its input. `options` holds the others by name: `reasoning`, `store`, `include`, …

    Raises LocalProtocolError for an option that is not an option (`input`, `stream`, …).
    """

    model: str
    instructions: str = ""
    tools: tuple[Item, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if wrong := _OURS & self.options.keys():
            raise LocalProtocolError(f"not an option of a request: {', '.join(sorted(wrong))}")

    @property
    def stored(self) -> bool:
        """Whether the service was asked to store responses, so that an id outlives its connection."""
        return self.options.get("store") is True

    def without(self, parameter: str) -> "RequestSettings | None":
        """The same without an option that a service refuses, by the name it uses for it; None where that may not be.

        A part of an option (`reasoning.summary`) goes alone if it can. `store` stays whatever happens: without it the
        service would store what it was asked not to.
        """
        name, _, part = parameter.partition("[")[0].partition(".")
        if name not in self.options or name == "store":
            return None
        options = {key: value for key, value in self.options.items() if key != name}
        whole = self.options[name]
        if isinstance(whole, Mapping) and part in whole and len(whole) > 1:
            options[name] = {key: value for key, value in whole.items() if key != part}
        return replace(self, options=options)

    def encoded(self) -> str:
        """The beginning of every request with these settings: a JSON object without its closing brace."""
        fields: Item = {"type": "response.create", "model": self.model}
        if self.instructions:
            fields["instructions"] = self.instructions
        if self.tools:
            fields["tools"] = self.tools
        return encode(fields | {name: self.options[name] for name in sorted(self.options)})[:-1]


def encode(value: object) -> str:
    """Compact JSON, the same for the same value. Characters that UTF-8 cannot carry stay escaped, as they came."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LocalProtocolError(f"a request holds what JSON cannot: {error}") from error
    return text if text.isascii() else _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
