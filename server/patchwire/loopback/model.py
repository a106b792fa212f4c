"""The seam of the server: what a brain behind it is asked, and how it answers. Knows no socket, no event, no store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Item = dict[str, Any]
"""A JSON object of the wire: an item, an event, a body. The server keeps what it does not know."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the model sees it: `context` is the whole logical context, rebuilt from the chain.

    `body` is the client's own `response.create` (or POST body), untouched.
    """

    model: str
    instructions: str
    tools: tuple[Item, ...]
    context: tuple[Item, ...]
    body: Item


class Model(Protocol):
    """A brain. It is called in a worker thread, several at once where several lanes or connections are busy."""

    def respond(self, request: Request) -> Sequence[Item]:
        """The output items, without ids and statuses: message, reasoning, function_call, custom_tool_call…

        May raise Failed, Incomplete or `refusal.Refusal`; any other exception becomes a failed response too, with
        the code `server_error`.
        """


class Failed(Exception):
    """The response ends as `response.failed` with this code and message."""

    def __init__(self, message: str, *, code: str = "server_error") -> None:
        super().__init__(message)
        self.code = code


class Incomplete(Exception):
    """The response ends as `response.incomplete` after these items; the last of them may be cut short."""

    def __init__(self, items: Sequence[Item] = (), *, reason: str = "max_output_tokens") -> None:
        super().__init__(reason)
        self.items = tuple(items)
        self.reason = reason
