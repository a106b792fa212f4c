"""Where messages come from and go to: standard input and output, or one TCP connection; and when the client is gone.

Reads frames and hands each over as a dictionary, whole: what is inside a message is never taken for a message. Knows
JSON-RPC's framing and its errors for texts that are none; not a single method.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

PARSE_ERROR = -32700
_CHUNK = 1 << 20
_LINE = 1 << 16
_WATCH_SECONDS = 3.0


class Peer(Protocol):
    """Who is served: takes messages, and is told when nothing can be sent any more."""

    left: asyncio.Future[int]
    """Set to the exit code by whoever knows that the client leaves."""

    def start(self, write: Callable[[bytes], None]) -> None:
        """Messages go out through `write` from now on."""

    def take(self, message: dict[str, Any]) -> None:
        """One message came in."""

    def refuse(self, code: int, why: str) -> None:
        """What came in was no message."""

    async def end(self) -> None:
        """The client is gone: leave nothing behind."""


async def serve_pipes(make: Callable[[], Peer]) -> int:
    """Serve on standard input and output; the exit code."""
    reader = asyncio.StreamReader(limit=_LINE)
    loop = asyncio.get_running_loop()
    threading.Thread(target=_pump, args=(sys.stdin.fileno(), loop, reader), name="stdin", daemon=True).start()
    out = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints does not break the protocol

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(out, view) :]

    return await _serve(make(), reader, write)


async def serve_tcp(make: Callable[[], Peer], host: str, port: int, listening: Callable[[int], None]) -> int:
    """Serve the first client that connects; the exit code. `listening` is told the port."""
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    accepted = asyncio.get_running_loop().create_future()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if accepted.done():
            writer.close()
        else:
            accepted.set_result((reader, writer))

    server = await asyncio.start_server(accept, host, port, limit=_LINE)
    listening(server.sockets[0].getsockname()[1])
    reader, writer = await accepted
    server.close()
    try:
        return await _serve(make(), reader, writer.write)
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.drain(), 1)
        writer.close()


async def outlived(process: int) -> None:
    """Wait until a process is gone; forever, if it is none that can be seen from here."""
    while _alive(process):  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(_WATCH_SECONDS)


def _alive(process: int) -> bool:
    if os.name == "nt":
        return True  # there signal 0 is no question; the end of our input has to do
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


async def _serve(peer: Peer, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> int:
    peer.start(write)
    reading = asyncio.ensure_future(_read(peer, reader))
    ends: set[asyncio.Future[Any]] = {reading, peer.left}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await peer.end()
    return peer.left.result() if peer.left.done() else 1


async def _read(peer: Peer, reader: asyncio.StreamReader) -> None:
    while True:
        try:
            length = _length(await reader.readuntil(b"\r\n\r\n"))
            body = await reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            return
        except (asyncio.LimitOverrunError, ValueError):
            peer.refuse(PARSE_ERROR, "a message does not begin with Content-Length")
            return  # where the next one begins cannot be known
        try:
            message = json.loads(body)
        except ValueError as error:
            peer.refuse(PARSE_ERROR, f"a message is no JSON: {error}")
            continue
        if isinstance(message, dict):
            peer.take(message)
        else:
            peer.refuse(PARSE_ERROR, "a message is no object")
        await asyncio.sleep(0)  # a client that sends a thousand messages at once stops nobody's work


def _length(head: bytes) -> int:
    for name, value in _headers(head):
        if name == b"content-length":
            return int(value)
    raise ValueError("no Content-Length")


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


def _pump(source: int, loop: asyncio.AbstractEventLoop, reader: asyncio.StreamReader) -> None:
    """Read in a thread of its own: standard input may be a file or a terminal, which no event loop can wait for."""
    try:
        while data := os.read(source, _CHUNK):
            loop.call_soon_threadsafe(reader.feed_data, data)
    except OSError:
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads any more
        loop.call_soon_threadsafe(reader.feed_eof)
