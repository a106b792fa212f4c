"""One WebSocket connection of a client: frames in, lanes, events out, and all the ways in which it ends.

Knows the service and its own socket; nothing of how a response comes about.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from patchwire.loopback.disturb import Dropped, Vanished
from patchwire.loopback.faults import Lifetime, Successor
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.job import Asked, Job, Steer, new_id
from patchwire.loopback.lanes import Lanes, lane_of
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import LIFETIME_OVER, Refusal, bad_request, busy, connection_limit_reached
from patchwire.loopback.service import Service
from patchwire.loopback.socket import Left, Socket
from patchwire.loopback.steering import Steering
from patchwire.loopback.store import Memory

_UNSUPPORTED_DATA = 1003
_NORMAL = 1000


class Connection:
    """An accepted connection; `number` counts upgrades from 1, `headers` are those of the upgrade.

    `lifetime` overrides the server's own.
    """

    def __init__(
        self,
        service: Service,
        socket: Socket,
        number: int,
        headers: Mapping[str, str],
        lifetime: Lifetime | None = None,
    ) -> None:
        self._service = service
        self._socket = socket
        self._number = number
        self._headers = headers
        self._seconds = lifetime.seconds if lifetime else service.limits.lifetime_seconds
        self.memory = Memory()
        self._steering = Steering(self.memory, allowed=service.habits.steering)
        limits = service.limits
        self._lanes: Lanes[Asked] = Lanes(active=limits.active_lanes, names=limits.lane_names)
        self._tasks: set[asyncio.Task[None]] = set()
        self._responses: set[asyncio.Task[None]] = set()
        self._expired = False
        self._idle: asyncio.TimerHandle | None = None
        self._end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Until the client goes, the lifetime is over, or a fault ends it. Leaves no task behind."""
        timer = asyncio.get_running_loop().call_later(self._seconds, self.expire)
        self._rest()
        self._spawn(self._read())
        self._service.live.add(self)
        try:
            code = await self._end
        finally:
            self._service.live.discard(self)
            timer.cancel()
            self._wake()
            await self._put_away()
        if code is not None:
            await self._socket.close(code)

    async def _put_away(self) -> None:
        """End what runs for this connection, but for responses that are to be finished without anybody to hear them."""
        left = self._tasks & self._responses if self._service.habits.finishes_abandoned else set()
        for task in left:
            self._service.abandoned.add(task)
            task.add_done_callback(self._service.abandoned.discard)
        ended = self._tasks - left
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    def drop(self, code: int | None = None) -> None:
        """End it now, with a close code or without a goodbye."""
        if not self._end.done():
            self._end.set_result(code)

    def vanish(self) -> None:
        """Become a black hole."""
        self._socket.vanish()

    def expire(self) -> None:
        """The lifetime is over: what runs may end, nothing new begins."""
        self._expired = True
        if self._lanes.idle:
            self._spawn(self._say_goodbye())

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._responses.discard(task)
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                pass
            case Dropped(code=code, gone=gone):
                if gone:
                    self._service.hang_up()
                self.drop(code)
            case Vanished():
                self.vanish()
            case Left():
                self.drop()
            case _ if not self._end.done():
                self._end.set_exception(error)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if isinstance(message, bytes):
                self.drop(_UNSUPPORTED_DATA)
                return
            self._wake()
            await self._take(message)
            if self._lanes.idle:
                self._rest()

    def _rest(self) -> None:
        """Nothing runs: begin to count."""
        seconds = self._service.habits.idle_seconds
        if seconds is not None:
            self._wake()
            self._idle = asyncio.get_running_loop().call_later(seconds, self.drop, _NORMAL)

    def _wake(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    async def _take(self, text: str) -> None:
        """One frame of the client's."""
        frame: Item = {}
        lane = None
        try:
            frame = decode(text)
            if frame.get("type") == "response.steer":
                steered, answer = self._steering.accept(frame)
                await self._send(answer, steered)
                return
            if frame.get("type") != "response.create":
                raise bad_request(
                    f"Invalid value: '{frame.get('type')}'. Supported values are: 'response.create', 'response.steer'.",
                    code="invalid_value",
                    param="type",
                )
            self._check_known(frame)
            lane = lane_of(frame.get("stream_id"), given="stream_id" in frame)
            if self._expired:
                raise connection_limit_reached(self._seconds)
            most, waiting = self._service.habits.most_waiting, self._lanes.waiting_behind(lane)
            if most is not None and waiting is not None and waiting >= most:
                raise busy(lane)
            await self._submit(lane, Asked(frame, new_id("resp")))
        except Refusal as refusal:
            self._service.refused(frame, refusal, lane=lane, connection=self._number)
            await self._send(refusal.frame(), lane)

    async def _submit(self, lane: str | None, asked: Asked) -> None:
        """Start it if there is room. Raises Refusal."""
        if self._lanes.waiting_behind(lane) is not None and (event := self._service.queue(asked)) is not None:
            asked = replace(asked, told=1)
            await self._send(event, lane)
        self._start(self._lanes.submit(lane, asked))

    def _check_known(self, frame: Item) -> None:
        """What this server's habits do not know. Raises Refusal."""
        habits = self._service.habits
        for name, known in (("stream_id", habits.lanes), ("generate", habits.warm_up)):
            if name in frame and not known:
                raise bad_request(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)

    def _start(self, ready: list[tuple[str | None, Asked]]) -> None:
        for lane, asked in ready:
            self._responses.add(self._spawn(self._run(lane, asked)))

    async def _run(self, lane: str | None, asked: Asked) -> None:
        """A create, and the responses that follow it unasked."""
        first: Asked | None = asked
        following: Item | None = asked.frame
        steers: list[Steer] = []
        while following is not None:
            try:
                self._service.authorize(self._headers)
                job = await self._service.admit(
                    following, memory=self.memory, lane=lane, connection=self._number, asked=first
                )
            except Refusal as refusal:
                lost = self._steering.abandon(steers, refusal)
                for event in lost or [refusal.frame()]:
                    await self._send(event, lane)
                if refusal.code == LIFETIME_OVER:
                    self.drop(self._service.habits.goodbye_code)
                break
            first, steers = None, job.steers
            following = await self._perform(job)
        ready = self._lanes.finish(lane)
        if self._end.done():
            return  # it was only written to its end: what waited behind it is nobody's any more
        self._start(ready)
        if self._lanes.idle:
            self._rest()
            if self._expired:
                await self._say_goodbye()

    async def _perform(self, job: Job) -> Item | None:
        """One response to its end; the create that follows it."""
        self._steering.begin(job)
        response: Any = None
        async with aclosing(self._service.perform(job)) as events:
            async for event in events:
                await self._send(event, job.lane)
                await asyncio.sleep(0)  # let other lanes, and the end of the connection, come in between
                response = event.get("response")
        if self._service.habits.done_mark:
            await self._say("[DONE]")
        if isinstance(job.fault, Successor) and response and response["status"] == "completed":
            items = ({"type": "message", "role": "user", "content": job.fault.text},)
            job.steers.append(Steer(new_id("steer"), job.response_id, items, job.fault.text))
        events_to_send, following = self._steering.end(job, response)
        for event in events_to_send:
            await self._send(event, job.lane)
        return following

    async def _send(self, event: Item, lane: str | None) -> None:
        named = {} if lane is None else {"stream_id": lane}
        await self._say(encode({"type": event["type"], **named, **event}))

    async def _say(self, text: str) -> None:
        if self._socket.vanished:
            await asyncio.Event().wait()
        try:
            await self._socket.send(text)
        except Left:
            if not self._service.habits.finishes_abandoned:
                raise

    async def _say_goodbye(self) -> None:
        await self._send(connection_limit_reached(self._seconds).frame(), None)
        self.drop(self._service.habits.goodbye_code)
