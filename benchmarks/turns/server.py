"""The local server with the play on its stage, and a stopwatch: `python -m benchmarks.turns.server`.

Prints where it listens, then waits for the end of its standard input, then prints what it saw: when each `completed`
went out and when the next create came in, the bytes, the contexts. Every client is measured here and nowhere else.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from benchmarks.turns.play import CALLS, name_of

from patchwire.loopback.http import Call, Reply
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.record import Exchange
from patchwire.loopback.server import Loopback
from patchwire.loopback.wire import Serve, Wire


@dataclass(slots=True)
class Stopwatch:
    """Creates and completed responses with their times, and bytes as they came.

    A create has the time at which its last bytes were read from the socket, an event that at which it is about to be
    written: once it is, a busy machine may let the client answer before the server can look at a clock.
    """

    marks: list[tuple[float, str, str]] = field(default_factory=list)
    wire_bytes: int = 0
    read_at: float = 0.0
    written_at: float = 0.0

    def came(self, create: str) -> None:
        """A create was read."""
        self.marks.append((self.read_at, "create", create))

    def went(self, event: str) -> None:
        """An event was written."""
        if event.startswith('{"type":"response.completed"'):
            self.marks.append((self.written_at, "completed", event))


class TimedLoopback(Loopback):
    """A local server that is timed."""

    stopwatch: Stopwatch

    def _wire(self, serve: Serve) -> Wire:
        return _TimedWire(serve, self._wires, self.stopwatch)


class _TimedWire(Wire):
    """A connection with its reads and writes timed and its bytes counted."""

    def __init__(self, serve: Serve, wires: set[Wire], stopwatch: Stopwatch) -> None:
        super().__init__(self._timed(serve), wires)
        self._stopwatch = stopwatch

    def connection_made(self, transport: Any) -> None:
        timed: Any = _TimedTransport(transport, self._stopwatch)
        super().connection_made(timed)

    def data_received(self, data: bytes) -> None:
        self._stopwatch.read_at = time.monotonic()
        self._stopwatch.wire_bytes += len(data)
        super().data_received(data)

    def accept(self, **settings: Any) -> Any:
        return _TimedSocket(super().accept(**settings), self._stopwatch)

    def _timed(self, serve: Serve) -> Serve:
        async def timed(call: Call, wire: Wire) -> Reply | None:
            if call.method == "POST":
                self._stopwatch.came(call.body.decode())
            reply = await serve(call, wire)
            if reply is None or isinstance(reply.body, bytes):
                return reply
            return replace(reply, body=self._pieces(reply.body))

        return timed

    async def _pieces(self, pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
                self._stopwatch.went(piece.partition("\ndata: ")[2])


class _TimedSocket:
    """A socket that notes what is read from it and written to it."""

    def __init__(self, socket: Any, stopwatch: Stopwatch) -> None:
        self._socket, self._stopwatch = socket, stopwatch

    async def receive(self) -> Any:
        message = await self._socket.receive()
        self._stopwatch.came(message)
        return message

    async def send(self, text: str) -> None:
        await self._socket.send(text)
        self._stopwatch.went(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class _TimedTransport:
    """A transport that notes when it is told to write."""

    def __init__(self, transport: Any, stopwatch: Stopwatch) -> None:
        self._transport, self._stopwatch = transport, stopwatch

    def write(self, data: bytes) -> None:
        self._stopwatch.written_at = time.monotonic()
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def play() -> Play:
    """Read one file after another, then stop."""
    acts = [call("read_file", path=name_of(number), start_line=None, end_line=None) for number in range(CALLS)]
    return Play(*acts, say("I have read them all."))


def seen(stopwatch: Stopwatch, exchanges: Sequence[Exchange], left: int) -> dict[str, Any]:
    """All that the driver wants to know, as JSON."""
    gaps: list[float] = []
    calling = 0.0
    for at, kind, text in stopwatch.marks:
        if kind == "completed":
            calling = at if '"function_call"' in text else 0.0
        elif calling:
            gaps.append(at - calling)
            calling = 0.0
    creates = [(at, text) for at, kind, text in stopwatch.marks if kind == "create"]
    responses = [json.loads(text)["response"] for _, kind, text in stopwatch.marks if kind == "completed"]
    answered = [exchange for exchange in exchanges if exchange.body.get("generate") is not False]
    outputs = [item["output"] for item in answered[-1].context if item.get("type") == "function_call_output"]
    return {
        "first_create": creates[0][0],
        "creates": len(creates),
        "refused": [exchange.error for exchange in exchanges if exchange.status != "completed"],
        "acts_left": left,
        "gaps": gaps,
        "bytes_up": sum(len(text.encode()) for _, text in creates),
        "wire_bytes_up": stopwatch.wire_bytes,
        "input_tokens": sum(response["usage"]["input_tokens"] for response in responses),
        "cached_tokens": sum(response["usage"]["input_tokens_details"]["cached_tokens"] for response in responses),
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
