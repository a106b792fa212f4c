"""Who may run now: requests of one lane strictly one after another, lanes beside each other, so many at a time.

Sans-I/O: `submit` and `finish` return what starts by them. None is the default lane.
"""

import re
from collections import deque
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from patchwire.loopback.refusal import Refusal, bad_request

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")


def lane_of(stream_id: Any, *, given: bool) -> str | None:
    """The lane that a frame names. Raises Refusal `invalid_stream_id`."""
    if not given:
        return None
    if not isinstance(stream_id, str) or not _NAME.fullmatch(stream_id):
        raise bad_request(
            "Invalid 'stream_id': expected 1 to 256 letters, digits, '_', '.' or '-'.",
            code="invalid_stream_id",
            param="stream_id",
        )
    return stream_id


def stream_limit_reached(names: int) -> Refusal:
    """The connection has seen all the lane names that it may."""
    return bad_request(
        f"This websocket connection has reached its limit of {names} distinct stream ids.",
        code="websocket_stream_limit_reached",
        param="stream_id",
    )


class Lanes(Generic[T]):
    """The lanes of one connection. `active` counts the default lane; `names` are those ever used, it not counted."""

    def __init__(self, *, active: int = 16, names: int = 32) -> None:
        self._most_active = active
        self._most_names = names
        self._names: set[str] = set()
        self._running: set[str | None] = set()
        self._waiting: deque[tuple[str | None, T]] = deque()

    @property
    def idle(self) -> bool:
        """True while nothing runs and nothing waits."""
        return not self._running and not self._waiting

    def waiting_behind(self, lane: str | None) -> int | None:
        """How many requests wait already, if another one on this lane would have to wait; else None."""
        free = lane not in self._running and len(self._running) < self._most_active
        return None if free else len(self._waiting)

    def submit(self, lane: str | None, work: T) -> list[tuple[str | None, T]]:
        """A request came. Raises Refusal `websocket_stream_limit_reached`."""
        if lane is not None and lane not in self._names:
            if len(self._names) >= self._most_names:
                raise stream_limit_reached(self._most_names)
            self._names.add(lane)
        self._waiting.append((lane, work))
        return list(self._start())

    def finish(self, lane: str | None) -> list[tuple[str | None, T]]:
        """The running request of a lane has ended."""
        self._running.remove(lane)
        return list(self._start())

    def _start(self) -> Iterable[tuple[str | None, T]]:
        passed: deque[tuple[str | None, T]] = deque()
        while self._waiting and len(self._running) < self._most_active:
            lane, work = self._waiting.popleft()
            if lane in self._running:
                passed.append((lane, work))
            else:
                self._running.add(lane)
                yield lane, work
        self._waiting.extendleft(reversed(passed))
