"""HTTP as the server's rooms speak it: a call, a reply, and which function answers which path. Knows no socket."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from patchwire.loopback.frames import encode
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Call:
    """A request. Names of headers are in lower case; `names` are what the path's pattern has found."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def wants_socket(self) -> bool:
        """Whether it asks for an upgrade to WebSocket."""
        tokens = [token.strip() for token in self.headers.get("connection", "").lower().split(",")]
        return "upgrade" in tokens and self.headers.get("upgrade", "").lower() == "websocket"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole or in pieces."""

    status: int
    body: bytes | AsyncGenerator[str]
    headers: Mapping[str, str]


def json_reply(value: Item, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON object."""
    return Reply(status, encode(value).encode(), {"content-type": "application/json", **(headers or {})})


def refusal_reply(refusal: Refusal) -> Reply:
    """The answer to a refused request or upgrade."""
    return json_reply(refusal.body(), refusal.status, refusal.headers)


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers a method on a path; `{name}` in the path stands for one segment."""

    method: str
    path: str
    answer: Callable[[Call], Awaitable[Reply]]

    def match(self, path: str) -> dict[str, str] | None:
        """What the pattern finds in a path, None where it does not fit."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return None if found is None else found.groupdict()


async def answer(routes: Sequence[Route], call: Call) -> Reply:
    """The first route that fits answers; a Refusal becomes an answer, too."""
    known = False
    for route in routes:
        names = route.match(call.path)
        known = known or names is not None
        if names is not None and route.method == call.method:
            try:
                return await route.answer(Call(call.method, call.path, call.headers, call.body, names))
            except Refusal as refusal:
                return refusal_reply(refusal)
    status, what = (405, "Method not allowed") if known else (404, "Invalid URL")
    return refusal_reply(Refusal(status, f"{what} ({call.method} {call.path})"))
