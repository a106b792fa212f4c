"""An admitted request, and what is said to it while it runs. Values only."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from patchwire.loopback.context import is_warm_up
from patchwire.loopback.faults import RequestFault
from patchwire.loopback.model import Item, Request
from patchwire.loopback.store import Kept, Memory
from patchwire.loopback.tokens import Prompt


@dataclass(frozen=True, slots=True)
class Steer:
    """Steering that was accepted: its items, and the input as it was `given`."""

    id: str
    previous_response_id: str
    items: tuple[Item, ...]
    given: Any


@dataclass(frozen=True, slots=True)
class Job:
    """An admitted request. `first` is the number of its first event; `steers` grows while it runs."""

    response_id: str
    created_at: int
    request: Request
    prompt: Prompt
    memory: Memory
    lane: str | None
    parent: Kept | None
    fault: RequestFault | None
    recorded: int
    compacts: bool = False
    first: int = 0
    steers: list[Steer] = field(default_factory=list)

    @property
    def warm_up(self) -> bool:
        """True where the request only prepares: the model is not asked."""
        return is_warm_up(self.request.body)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A create that came and waits for its turn: the response that it will have, and how many events told of it."""

    frame: Item
    response_id: str
    told: int = 0


def new_id(prefix: str) -> str:
    """An id that no other server has given."""
    return f"{prefix}_{uuid.uuid4().hex}"
