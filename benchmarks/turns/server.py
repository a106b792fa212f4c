"""The local server with the play on its stage, and a stopwatch: `python -m benchmarks.turns.server`.

Prints where it listens, then waits for the end of its standard input, then prints what it saw: when each `completed`
went out and when the next create came in, the bytes, the contexts. Every client is measured here and nowhere else.
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


@dataclass(slots=True)
class Stopwatch:
    """An ASGI application around another: creates and completed responses with their times, and bytes as they came.

    A create has the time at which its last bytes were read from the socket, an event that at which it is about to be
    written: once it is, a busy machine may let the client answer before the server can look at a clock.
    """

    application: Any = None
    marks: list[tuple[float, str, str]] = field(default_factory=list)
    wire_bytes: int = 0
    read_at: float = 0.0
    written_at: float = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request or one WebSocket."""
        body: list[bytes] = []

        async def timed_receive() -> Any:
            message = await receive()
            if message["type"] == "websocket.receive":
                self.marks.append((self.read_at, "create", message.get("text") or ""))
            elif message["type"] == "http.request":
                body.append(message.get("body", b""))
                if not message.get("more_body") and scope["method"] == "POST":
                    self.marks.append((self.read_at, "create", b"".join(body).decode()))
            return message

        async def timed_send(message: Any) -> None:
            await send(message)
            text = message.get("text") or ""
            if message["type"] == "http.response.body":
                text = message.get("body", b"").decode().partition("\ndata: ")[2]
            if text.startswith('{"type":"response.completed"'):
                self.marks.append((self.written_at, "completed", text))

        await self.application(scope, timed_receive, timed_send)


class TimedLoopback(Loopback):
    """A local server that is timed."""

    stopwatch: Stopwatch

    def _config(self, application: Any) -> Any:
        self.stopwatch.application = application
        timed: Any = self.stopwatch
        config = super()._config(timed)
        config.http_protocol_class = _watched(config.http_protocol_class, self.stopwatch)
        config.ws_protocol_class = _watched(config.ws_protocol_class, self.stopwatch, first=1)
        return config


def _watched(protocol: Any, stopwatch: Stopwatch, first: int = 0) -> Any:
    """The protocol with its reads and writes timed and its bytes counted.

    Those of the `first` calls are not: an upgrade comes again that was counted as HTTP.
    """

    class Watched(protocol):  # type: ignore[misc] # uvicorn finds its protocols at run time
        calls = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(_TimedTransport(transport, stopwatch))

        def data_received(self, data: bytes) -> None:
            stopwatch.read_at = time.monotonic()
            self.calls += 1
            stopwatch.wire_bytes += len(data) if self.calls > first else 0
            super().data_received(data)

    return Watched


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
