"""Does to a stream of events what a request fault says. Knows events only; the connection does the rest.

`Dropped` and `Vanished` tell the connection what is to become of it; a `Misshapen` error answers like any refusal.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NoReturn

from patchwire.loopback.faults import (
    CHARACTERS,
    EVENTS,
    BlackHole,
    Drop,
    Fail,
    Gone,
    Inject,
    RequestFault,
    Silence,
)
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal


class Dropped(Exception):
    """The connection must end now, with a close code or without a goodbye; `gone` says that the server goes too."""

    def __init__(self, code: int | None = None, *, gone: bool = False) -> None:
        super().__init__("dropped on purpose")
        self.code = code
        self.gone = gone


class Vanished(Exception):
    """The connection must become a black hole now."""


class Misshapen(Refusal):
    """The refusal that a `Fail` asks for, in the shape that it asks for."""

    def __init__(self, fault: Fail) -> None:
        super().__init__(fault.status, fault.message, code=fault.code, param=fault.param, headers=fault.headers)
        self._fault = fault

    def frame(self, sequence_number: int | None = None) -> Item:
        """As an event on the socket."""
        frame = super().frame(sequence_number)
        frame[self._fault.status_as] = frame.pop("status")
        error = frame["error"]
        if self._fault.headers_inside:
            error["headers"] = frame.pop("headers", {})
        for name in self._fault.without:
            error.pop(name, None)
            frame.pop(name, None)
        if self._fault.flat:
            frame |= frame.pop("error")
        return {**frame, "type": "error"}


async def disturb(events: AsyncIterator[Item], fault: RequestFault | None) -> AsyncGenerator[Item]:
    """The same events, up to the fault. Raises Dropped, Vanished, and Refusal for a failure in the middle."""
    if not isinstance(fault, Drop | Gone | Silence | BlackHole | Fail | Inject):
        async for event in events:
            yield event
        return
    waiting = fault.after
    if waiting <= 0:
        async for injected in _strike(fault):
            yield injected
    async for event in events:
        yield event
        if waiting > 0:
            waiting -= _weight(event, fault.of)
            if waiting <= 0:
                async for injected in _strike(fault):
                    yield injected


def _weight(event: Item, of: str) -> int:
    """How far an event brings the fault nearer."""
    kind: str = event["type"]
    if of == CHARACTERS:
        return len(event["delta"]) if kind == "response.output_text.delta" else 0
    done = kind == "response.output_item.done" and event["item"]["type"] == of
    return int(of == EVENTS or kind == of or done)


async def _strike(fault: Drop | Gone | Silence | BlackHole | Fail | Inject) -> AsyncIterator[Item]:
    match fault:
        case Silence(seconds=None):
            await asyncio.Event().wait()
        case Silence(seconds=float() | int() as seconds):
            await asyncio.sleep(seconds)
        case Inject(events=events):
            for event in events:
                yield event
        case _:
            _end(fault)


def _end(fault: Drop | Gone | Silence | BlackHole | Fail | Inject) -> NoReturn:
    match fault:
        case Drop(code=code):
            raise Dropped(code)
        case Gone():
            raise Dropped(gone=True)
        case Fail():
            raise Misshapen(fault)
        case _:
            raise Vanished
