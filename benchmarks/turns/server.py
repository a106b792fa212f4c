"""The local server with the play on its stage, and a stopwatch: `python -m benchmarks.turns.server`.

Prints where it listens, then waits for the end of its standard input, then prints what it saw: when each response was
written and when the next create had been read, the bytes, the contexts. Every client is measured here and nowhere else.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from benchmarks.turns.play import CALLS, name_of

from patchwire.loopback.play import Play, call, say
from patchwire.loopback.record import Exchange
from patchwire.loopback.server import Loopback
from patchwire.loopback.wire import Serve, Wire


@dataclass(slots=True)
class Burst:
    """What one side said before the other spoke: its size in bytes, how it began, and when its last bytes went.

    Those of the client's went when they were read; those of the server's when they were about to be written: once they
    are, a busy machine may let the client answer before the server can look at a clock.
    """

    client: bool
    beginning: bytes
    at: float = 0.0
    size: int = 0


@dataclass(slots=True)
class Stopwatch:
    """Both sides in turn, as TCP carried them."""

    bursts: list[Burst] = field(default_factory=list)

    def note(self, data: bytes, *, client: bool) -> None:
        """Something is said now."""
        if not data:
            return
        if not self.bursts or self.bursts[-1].client != client:
            self.bursts.append(Burst(client, bytes(data[:8])))
        self.bursts[-1].at = time.monotonic()
        self.bursts[-1].size += len(data)

    def creates(self, count: int) -> list[tuple[Burst, Burst | None]]:
        """The first so many requests, each with what the server had said before."""
        asked = [(one, before) for before, one in pairwise([None, *self.bursts]) if one is not None and one.client]
        return [(one, before) for one, before in asked if not one.beginning.startswith(b"GET ")][:count]


class TimedLoopback(Loopback):
    """A local server that is timed."""

    stopwatch: Stopwatch

    def _wire(self, serve: Serve) -> Wire:
        wire = _TimedWire(serve, self._wires)
        wire.stopwatch = self.stopwatch
        return wire


class _TimedWire(Wire):
    stopwatch: Stopwatch

    def connection_made(self, transport: Any) -> None:
        timed: Any = _TimedTransport(transport, self.stopwatch)
        super().connection_made(timed)

    def data_received(self, data: bytes) -> None:
        self.stopwatch.note(data, client=True)
        super().data_received(data)


class _TimedTransport:
    """A transport that is timed when it is told to write."""

    def __init__(self, transport: asyncio.Transport, stopwatch: Stopwatch) -> None:
        self._transport, self._stopwatch = transport, stopwatch

    def write(self, data: bytes) -> None:
        self._stopwatch.note(data, client=False)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def play() -> Play:
    """Read one file after another, then stop."""
    acts = [call("read_file", path=name_of(number), start_line=None, end_line=None) for number in range(CALLS)]
    return Play(*acts, say("I have read them all."))


def seen(stopwatch: Stopwatch, exchanges: Sequence[Exchange], left: int) -> dict[str, Any]:
    """All that the driver wants to know, as JSON."""
    creates = stopwatch.creates(len(exchanges))
    calling = [any(item["type"] == "function_call" for item in exchange.output) for exchange in exchanges]
    gaps = [
        create.at - before.at
        for (create, before), was_calling in zip(creates[1:], calling, strict=False)
        if was_calling and before is not None
    ]
    answered = [exchange for exchange in exchanges if exchange.body.get("generate") is not False]
    outputs = [item["output"] for item in answered[-1].context if item.get("type") == "function_call_output"]
    bodies = [json.dumps(exchange.body, ensure_ascii=False, separators=(",", ":")) for exchange in exchanges]
    return {
        "first_create": creates[0][0].at,
        "refused": [exchange.error for exchange in exchanges if exchange.status != "completed"],
        "acts_left": left,
        "gaps": gaps,
        "bytes_up": sum(len(body.encode()) for body in bodies),
        "wire_bytes_up": sum(create.size for create, _ in creates),
        "repeated": _repeated(answered),
        "outputs": hashlib.sha256("\0".join(outputs).encode()).hexdigest(),
    }


def _repeated(exchanges: Sequence[Exchange]) -> list[float]:
    """How much of each full context stands at the beginning of the next one, byte for byte, as a share of 1."""
    texts = [
        json.dumps([exchange.body.get(name) for name in ("model", "instructions", "tools")] + [*exchange.context])[:-1]
        for exchange in exchanges
    ]
    return [_common(one, two) / len(one) for one, two in pairwise(texts)]


def _common(one: str, two: str) -> int:
    if two.startswith(one):
        return len(one)
    return next(place for place, (left, right) in enumerate(zip(one, two + "\0", strict=False)) if left != right)


async def serve() -> None:
    """Until standard input ends."""
    acts = play()
    server = TimedLoopback(acts)
    server.stopwatch = Stopwatch()
    async with server:
        print(json.dumps({"base_url": server.base_url, "key": server.token}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        print(json.dumps(seen(server.stopwatch, server.exchanges, acts.unfinished)), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
