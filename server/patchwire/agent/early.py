"""Reads that begin while the model still speaks: a call that changes nothing need not wait for the response's end.

Only the calls before the first one that changes something begin early, for what comes after it must see its change. If
the attempt is lost, so is what was read for it: the next attempt makes calls of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from patchwire.wire.items import CallKind, Item, ToolCall, call_in

Answer = TypeVar("Answer")


@dataclass(slots=True)
class EarlyReads(Generic[Answer]):
    """`reads_only` tells which calls may begin, `make` makes one. Nothing that is begun outlives `discard`."""

    reads_only: Callable[[ToolCall], bool]
    make: Callable[[ToolCall], Awaitable[Answer]]
    _running: dict[ToolCall, asyncio.Future[Answer]] = field(default_factory=dict, init=False)
    _shut: bool = field(default=False, init=False)

    def heard(self, item: Item) -> None:
        """An item of the response is whole: begin, if it is a call that may."""
        call = call_in(item)
        if call is None:
            return
        self._shut = self._shut or not self.reads_only(call)
        if not self._shut and call.kind is CallKind.FUNCTION and call not in self._running:
            self._running[call] = asyncio.ensure_future(self.make(call))

    async def take(self, call: ToolCall) -> Answer:
        """The answer to a call, begun early or not."""
        running = self._running.pop(call, None)
        return await (running if running is not None else self.make(call))

    def discard(self) -> None:
        """A new response begins, or this one is void: what nobody took is of no use."""
        for running in self._running.values():
            running.cancel()
            running.add_done_callback(_unheard)
        self._running.clear()
        self._shut = False


def _unheard(running: asyncio.Future[Answer]) -> None:
    """An error that nobody waits for any more is not told to anybody."""
    if not running.cancelled():
        running.exception()
