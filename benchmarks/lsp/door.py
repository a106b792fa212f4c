"""Stands before a server's port, lets everything through, and notes when something came in from a client."""

import asyncio
import contextlib
import time
from typing import Self

_CHUNK = 1 << 16


class Door:
    """Use as an async context manager; `came` holds the times at which bytes of clients came in."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self.port = 0
        self.came: list[float] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._let_in, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, out = await asyncio.open_connection("127.0.0.1", self._behind)
        await asyncio.gather(self._pass(reader, out, self.came), self._pass(inside, writer, []))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, came: list[float]) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                came.append(time.perf_counter())
                writer.write(data)
        writer.close()
