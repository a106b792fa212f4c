"""One request from its admission to its last event; all that connections and POSTs share.

Knows no socket: events go out as dicts, in order and numbered; what carries them is `connection` and `rest`.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import replace
from itertools import count
from typing import Any, Protocol

from patchwire.loopback import oracle, tokens
from patchwire.loopback.compaction import TRIGGER, seal
from patchwire.loopback.context import check_permitted, fit, is_warm_up, rebuild, request_of, threshold_reached
from patchwire.loopback.disturb import Misshapen, disturb
from patchwire.loopback.events import output_events, response_object
from patchwire.loopback.faults import (
    NO_FAULTS,
    ConnectionFault,
    Delay,
    Expire,
    ExpireKey,
    Fail,
    Faults,
    Forget,
    Inject,
    Leftover,
    RequestFault,
)
from patchwire.loopback.items import ANSWERS
from patchwire.loopback.job import Asked, Job, new_id
from patchwire.loopback.limits import HABITS, LIMITS, Habits, Limits
from patchwire.loopback.model import Item, Model
from patchwire.loopback.record import Exchange, Record
from patchwire.loopback.refusal import Refusal, connection_limit_reached, expired_key, invalid_api_key
from patchwire.loopback.store import Archive, Kept, Memory
from patchwire.loopback.thinking import Answer, Thinking
from patchwire.loopback.validate import check_create


class Live(Protocol):
    """A connection that is open, as the service knows it."""

    memory: Memory

    def drop(self, code: int | None = None) -> None:
        """End it now, with a close code or without a goodbye."""

    def vanish(self) -> None:
        """Become a black hole."""

    def expire(self) -> None:
        """The lifetime is over."""


class Service:
    """The model, the archive, the prompt cache, the record and the faults; `token` is the one key that is accepted.

    `models` are names to be served besides the published ones. `hang_up` is what `Gone` calls.
    """

    def __init__(
        self,
        model: Model,
        *,
        token: str,
        faults: Faults = NO_FAULTS,
        limits: Limits = LIMITS,
        habits: Habits = HABITS,
        models: Collection[str] = (),
    ) -> None:
        self.limits = limits
        self.habits = habits
        self.models = tuple(models)
        self.archive = Archive()
        self.record = Record()
        self.live: set[Live] = set()
        self.abandoned: set[asyncio.Task[None]] = set()
        self.hang_up: Callable[[], None] = lambda: None
        self._token: str | None = token
        self._expired: set[str] = set()
        self._cache = tokens.PromptCache()
        self._thinking = Thinking(model, limits.active_lanes, new_id)
        self._connections = count(1)
        self.provoke(faults)

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self._faults

    def provoke(self, faults: Faults) -> None:
        """Other faults from now on: the next create and the next upgrade have the number 1."""
        self._faults = faults
        self._requests = count(1)
        self._upgrades = count(1)

    def authorize(self, headers: Mapping[str, str]) -> None:
        """Raises Refusal (401) where the Bearer token is not, or no longer, ours."""
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if given in self._expired:
            raise expired_key()
        if self._token is None or not secrets.compare_digest(given.encode(), self._token.encode()):
            raise invalid_api_key()

    def expire_key(self, then: str | None = None) -> None:
        """The key is no longer good, on no connection; from now on `then` is."""
        if self._token is not None:
            self._expired.add(self._token)
        self._expired.discard(then or "")
        self._token = then

    def next_connection(self) -> tuple[int, ConnectionFault | None]:
        """The number of a new upgrade, from 1, and what befalls it."""
        return next(self._connections), self._faults.of_connection(next(self._upgrades))

    def queue(self, asked: Asked) -> Item | None:
        """The event that tells of a create that has to wait; None where it would be refused, or nothing is told."""
        if not self.habits.queued:
            return None
        try:
            check_create(asked.frame, socket=True, extra_models=self.models)
        except Refusal:
            return None
        now = int(time.time())
        response = response_object(asked.frame, response_id=asked.response_id, created_at=now, status="queued")
        return {"type": "response.queued", "sequence_number": 0, "response": response}

    async def admit(
        self, body: Item, *, memory: Memory, lane: str | None = None, connection: int = 0, asked: Asked | None = None
    ) -> Job:
        """Check a request, find its parent, rebuild its context. Raises Refusal, after what a refusal does to memory.

        `connection` is 0 for a POST; `asked` is there where it came over a connection and not by itself.
        """
        fault = self._faults.of_request(next(self._requests))
        try:
            await self._befall(fault, memory)
            asked = asked or Asked(body, new_id("resp"))
            return self._admitted(asked, fault, memory=memory, lane=lane, connection=connection)
        except Refusal as refusal:
            memory.evict(lane, body.get("previous_response_id"))
            self.refused(body, refusal, lane=lane, connection=connection)
            raise

    async def _befall(self, fault: RequestFault | None, memory: Memory) -> None:
        """What happens before a request is looked at. Raises Refusal."""
        match fault:
            case Delay(seconds=seconds):
                await asyncio.sleep(seconds)
            case Forget():
                memory.forget()
            case Expire():
                raise connection_limit_reached(self.limits.lifetime_seconds)
            case ExpireKey(then=then):
                self.expire_key(then)
                raise expired_key()
            case Fail(after=0):
                raise Misshapen(fault)
            case _:
                pass

    def _admitted(
        self, asked: Asked, fault: RequestFault | None, *, memory: Memory, lane: str | None, connection: int
    ) -> Job:
        body, response_id = asked.frame, asked.response_id
        check_create(body, socket=connection > 0, extra_models=self.models)
        check_permitted(body, self.limits)
        parent, context = rebuild(body, memory, self.archive)
        request = request_of(body, context)
        request = replace(request, context=fit(request, self.limits))
        exchange = Exchange(connection, lane, body, request.context, response_id)
        return Job(
            response_id=response_id,
            created_at=int(time.time()),
            request=request,
            prompt=self._cache.read(request),
            memory=memory,
            lane=lane,
            parent=parent,
            fault=fault,
            recorded=self.record.begin(replace(exchange, difference=oracle.doubt(body, request.context))),
            first=asked.told,
            compacts=not is_warm_up(body) and (_ends_with_trigger(request.context) or threshold_reached(request)),
        )

    def weigh(self, body: Item) -> tuple[tuple[Item, ...], tokens.Prompt]:
        """The context that a request leads to, and its weight. Raises Refusal."""
        check_create(body, socket=False, extra_models=self.models)
        _, context = rebuild(body, Memory(), self.archive)
        return context, self._cache.read(request_of(body, context))

    def refused(self, body: Item, refusal: Refusal, *, lane: str | None, connection: int) -> None:
        """Write a refused create down."""
        self.record.begin(Exchange(connection, lane, body, status="refused", error=refusal.error))

    async def perform(self, job: Job) -> AsyncGenerator[Item]:
        """All events of a response, numbered. Raises `disturb.Dropped` and `disturb.Vanished` for the connection."""
        late = list(job.memory.late)[-job.fault.count :] if isinstance(job.fault, Leftover) else []
        job.memory.late.clear()
        number = -1
        try:
            for event in late:
                yield event
            async with (
                aclosing(_numbered(self._events(job), job.first)) as events,
                aclosing(disturb(events, job.fault)) as spoilt,
            ):
                async for event in spoilt:
                    number = event.get("sequence_number", number)
                    job.memory.late.append(event)
                    yield event
        except Refusal as refusal:
            self._settle(job, Answer("refused", error=refusal.error), None)
            yield refusal.frame(number + 1)
        finally:
            self.record.lose(job.recorded)

    async def _events(self, job: Job) -> AsyncGenerator[Item]:
        started = self._response(job, "in_progress")
        for stage in self.habits.warm_up_events if job.warm_up else ("response.created", "response.in_progress"):
            yield {"type": stage, "response": started}
        told: list[Item] = []
        request = job.request
        if job.compacts:
            told.append(seal(request.context, new_id))
            for event in output_events(0, told[0]):
                yield event
            request = replace(request, context=tuple(told))
        silent = job.warm_up or _ends_with_trigger(job.request.context)
        extra = job.fault.items if isinstance(job.fault, Inject) else ()
        answer = Answer() if silent else await self._thinking.answer(request, extra=extra, first=len(told))
        for item, events in zip(answer.output, answer.told, strict=True):
            if told and job.steers and not _waits_for_client(told):
                answer = Answer("incomplete", details={"reason": "steered"})
                break
            for event in events:
                yield event
            told.append(item)
        answer = replace(answer, output=tuple(told))
        mute = job.warm_up and not self.habits.warm_up_usage
        response = self._response(
            job,
            answer.status,
            output=answer.output,
            usage=None if answer.status == "failed" or mute else tokens.usage(job.prompt, answer.output),
            completed_at=int(time.time()) if answer.status == "completed" else None,
            error=answer.error,
            incomplete_details=answer.details,
        )
        self._settle(job, answer, response)
        yield {"type": f"response.{answer.status}", "response": response}

    def _response(self, job: Job, status: str, **more: Any) -> Item:
        return response_object(
            job.request.body, response_id=job.response_id, created_at=job.created_at, status=status, **more
        )

    def _settle(self, job: Job, answer: Answer, response: Item | None) -> None:
        """What the end of a response does to memory, archive and record, before its last event is sent.

        Only a completed response can be continued, or one that was steered. After anything else the parent on its own
        lane is gone, too, so that a client has to come with the full context. Habits may be kinder.
        """
        kept = ("completed", "incomplete") if self.habits.keeps_incomplete else ("completed",)
        if response is not None and (answer.status in kept or answer.details == {"reason": "steered"}):
            before = () if job.compacts else job.request.context
            latest = Kept(job.response_id, (*before, *answer.output), response)
            job.memory.keep(job.lane, latest)
            self._cache.read(replace(job.request, context=latest.context))
            archived = job.parent is None or self.archive.find(job.parent.id) is not None
            if response["store"] and archived:
                self.archive.keep(latest)
        elif response is None or not self.habits.keeps_parent:
            job.memory.evict(job.lane, job.request.body.get("previous_response_id"))
        self.record.end(job.recorded, answer.status, output=answer.output, error=answer.error)

    async def aclose(self, *, seconds: float = 0.5) -> None:
        """Let the model's threads end, waiting so long for those that still think; nobody waits for what is written."""
        for task in self.abandoned:
            task.cancel()
        await asyncio.gather(*self.abandoned, return_exceptions=True)
        await self._thinking.aclose(seconds=seconds)


async def _numbered(events: AsyncGenerator[Item], number: int) -> AsyncGenerator[Item]:
    async with aclosing(events):
        async for event in events:
            yield {"type": event["type"], "sequence_number": number, **event}
            number += 1


def _ends_with_trigger(context: tuple[Item, ...]) -> bool:
    return bool(context) and context[-1].get("type") == TRIGGER


def _waits_for_client(output: list[Item]) -> bool:
    return any(item["type"] in ANSWERS.values() for item in output)
