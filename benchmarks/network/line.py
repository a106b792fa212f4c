"""A TCP line that is as long and as narrow as told: a forwarding proxy on loopback.

Every chunk arrives half a round trip after it was sent; upwards it first has to get through a bandwidth. A new
connection waits one round trip more, for TCP's own handshake. Knows nothing of what it carries.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024


class Line:
    """Use as an async context manager; `port` is where it begins. `upload_seconds` is what the narrowness has cost."""

    def __init__(self, target: int, *, round_trip: float, upload: float) -> None:
        """`target` is a port on this machine, `round_trip` in seconds, `upload` in bits per second."""
        self._target = target
        self._round_trip = round_trip
        self._upload = upload
        self._tasks: set[asyncio.Task[None]] = set()
        self.upload_seconds = 0.0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        opened = asyncio.get_running_loop().time() + self._round_trip
        for work in (
            self._carry(reader, far_writer, not_before=opened, upload=self._upload),
            self._carry(far_reader, writer, not_before=opened),
        ):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        not_before: float,
        upload: float | None = None,
    ) -> None:
        """One direction, until its end. Chunks under way do not wait for one another, but they stay in order."""
        now = asyncio.get_running_loop().time
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        free = not_before
        try:
            while data := await reader.read(_CHUNK):
                free = max(now(), free)
                if upload is not None:
                    free += 8 * len(data) / upload
                    self.upload_seconds += 8 * len(data) / upload
                under_way.put_nowait((free + self._round_trip / 2, data))
            under_way.put_nowait((now() + self._round_trip / 2, b""))
            await arriving
        except ConnectionError:
            pass
        finally:
            arriving.cancel()
            writer.close()

    async def _arrive(self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        now = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionError):
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(max(0.0, due - now()))
                if not data:
                    return
                writer.write(data)
                await writer.drain()
