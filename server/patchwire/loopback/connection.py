"""One WebSocket connection of a client: frames in, lanes, events out, and all the ways in which it ends.

Knows the service and starlette's WebSocket; nothing of how a response comes about.
"""

import asyncio
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect

from patchwire.loopback.faults import Dropped
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.lanes import Lanes, lane_of
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal, bad_request, connection_limit_reached
from patchwire.loopback.service import Service
from patchwire.loopback.store import Memory

_UNSUPPORTED_DATA = 1003
_NORMAL = 1000


class Connection:
    """An accepted connection; `number` counts upgrades from 1."""

    def __init__(self, service: Service, socket: WebSocket, number: int) -> None:
        self._service = service
        self._socket = socket
        self._number = number
        self._memory = Memory()
        limits = service.limits
        self._lanes: Lanes[Item] = Lanes(active=limits.active_lanes, names=limits.lane_names)
        self._tasks: set[asyncio.Task[None]] = set()
        self._expired = False
        self._end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Until the client goes, the lifetime is over, or a fault ends it. Leaves no task behind."""
        timer = asyncio.get_running_loop().call_later(self._service.limits.lifetime_seconds, self._expire)
        self._spawn(self._read())
        try:
            code = await self._end
        finally:
            timer.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if code is not None:
            await self._socket.close(code)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Dropped):
            if error.gone:
                self._service.hang_up()
            self._finish(error.code)
        elif isinstance(error, WebSocketDisconnect):
            self._finish(None)
        elif error is not None and not self._end.done():
            self._end.set_exception(error)

    def _finish(self, code: int | None) -> None:
        if not self._end.done():
            self._end.set_result(code)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                self._finish(None)
                return
            if message.get("text") is None:
                self._finish(_UNSUPPORTED_DATA)
                return
            await self._take(message["text"])

    async def _take(self, text: str) -> None:
        """One frame of the client's."""
        frame: Item = {}
        lane = None
        try:
            frame = decode(text)
            if frame.get("type") == "response.steer":
                await self._send(_steer_failed(frame), None)
                return
            if frame.get("type") != "response.create":
                raise bad_request(
                    f"Invalid value: '{frame.get('type')}'. Supported values are: 'response.create', 'response.steer'.",
                    code="invalid_value",
                    param="type",
                )
            lane = lane_of(frame.get("stream_id"), given="stream_id" in frame)
            if self._expired:
                raise connection_limit_reached(self._service.limits.lifetime_seconds)
            self._start(self._lanes.submit(lane, frame))
        except Refusal as refusal:
            self._service.refused(frame, refusal, lane=lane, connection=self._number)
            await self._send(refusal.frame(), lane)

    def _start(self, ready: list[tuple[str | None, Item]]) -> None:
        for lane, frame in ready:
            self._spawn(self._run(lane, frame))

    async def _run(self, lane: str | None, frame: Item) -> None:
        try:
            job = self._service.admit(frame, memory=self._memory, lane=lane, connection=self._number)
            async with aclosing(self._service.perform(job)) as events:
                async for event in events:
                    await self._send(event, lane)
                    await asyncio.sleep(0)  # let other lanes, and the end of the connection, come in between
        except Refusal as refusal:
            await self._send(refusal.frame(), lane)
        self._start(self._lanes.finish(lane))
        if self._expired and self._lanes.idle:
            await self._say_goodbye()

    async def _send(self, event: Item, lane: str | None) -> None:
        named = {} if lane is None else {"stream_id": lane}
        await self._socket.send_text(encode({"type": event["type"], **named, **event}))

    def _expire(self) -> None:
        """The lifetime is over: what runs may end, nothing new begins."""
        self._expired = True
        if self._lanes.idle:
            self._spawn(self._say_goodbye())

    async def _say_goodbye(self) -> None:
        await self._send(connection_limit_reached(self._service.limits.lifetime_seconds).frame(), None)
        self._finish(_NORMAL)


def _steer_failed(frame: Item) -> Item:
    """Steering is legal, and no model here supports it."""
    return {
        "type": "response.steer.failed",
        "sequence_number": 0,
        "error": {
            "type": "invalid_request_error",
            "code": "steering_not_supported",
            "message": "Steering is not supported by this model.",
        },
        "steer": {"previous_response_id": frame.get("previous_response_id"), "input": frame.get("input")},
    }
