"""One request from its admission to its last event; all that connections and POSTs share.

Knows no socket: events go out as dicts, in order and numbered; what carries them is `connection` and `rest`.
"""

import asyncio
import secrets
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from patchwire.loopback import tokens
from patchwire.loopback.events import finish, output_events, response_object
from patchwire.loopback.faults import NO_FAULTS, Fail, Faults, Forget, RequestFault, disturb
from patchwire.loopback.items import not_persisted
from patchwire.loopback.model import Failed, Incomplete, Item, Model, Request
from patchwire.loopback.record import Exchange, Record
from patchwire.loopback.refusal import Refusal, invalid_api_key
from patchwire.loopback.store import Archive, Kept, Memory, parent_of
from patchwire.loopback.validate import check_context, check_create


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take: its lifetime, bytes of a message, lanes active at once, lane names ever used."""

    lifetime_seconds: float = 3600.0
    message_bytes: int = 16 * 1024 * 1024
    active_lanes: int = 16
    lane_names: int = 32


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Job:
    """An admitted request."""

    response_id: str
    created_at: int
    request: Request
    prompt: tokens.Prompt
    memory: Memory
    lane: str | None
    parent: Kept | None
    fault: RequestFault | None
    recorded: int

    @property
    def warm_up(self) -> bool:
        """True where the request only prepares: the model is not asked."""
        return _is_warm_up(self.request.body)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model came to, and the events that tell of its items."""

    status: str
    output: tuple[Item, ...] = ()
    events: Sequence[Item] = ()
    error: Item | None = None
    details: Item | None = None


def _is_warm_up(body: Item) -> bool:
    return body.get("generate") is False or bool((body.get("prompt_cache_options") or {}).get("prewarm"))


def new_id(prefix: str) -> str:
    """An id that no other server has given."""
    return f"{prefix}_{uuid.uuid4().hex}"


def _request(body: Item, context: tuple[Item, ...]) -> Request:
    return Request(
        model=body["model"],
        instructions=body.get("instructions") or "",
        tools=tuple(body.get("tools") or ()),
        context=context,
        body=body,
    )


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
        models: Collection[str] = (),
    ) -> None:
        self.token = token
        self.faults = faults
        self.limits = limits
        self.models = tuple(models)
        self.archive = Archive()
        self.record = Record()
        self.hang_up: Callable[[], None] = lambda: None
        self._model = model
        self._cache = tokens.PromptCache()
        self._requests = count(1)
        self._connections = count(1)
        self._threads = ThreadPoolExecutor(limits.active_lanes, thread_name_prefix="loopback-model")
        self._thinking: set[Future[Sequence[Item]]] = set()

    def authorize(self, headers: Mapping[str, str]) -> None:
        """Raises Refusal (401) where the Bearer token is not ours."""
        given = headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise invalid_api_key()

    def next_connection(self) -> int:
        """The number of a new upgrade, from 1."""
        return next(self._connections)

    def admit(self, body: Item, *, memory: Memory, lane: str | None = None, connection: int = 0) -> Job:
        """Check a request, find its parent, rebuild its context. Raises Refusal, after what a refusal does to memory.

        `connection` is 0 for a POST.
        """
        fault = self.faults.of_request(next(self._requests))
        if isinstance(fault, Forget):
            memory.forget()
        try:
            if isinstance(fault, Fail):
                raise Refusal(fault.status, fault.message, code=fault.code, param=fault.param, headers=fault.headers)
            check_create(body, socket=connection > 0, extra_models=self.models)
            parent, context = self._rebuild(body, memory)
        except Refusal as refusal:
            memory.evict(lane, body.get("previous_response_id"))
            self.refused(body, refusal, lane=lane, connection=connection)
            raise
        request = _request(body, context)
        response_id = new_id("resp")
        return Job(
            response_id=response_id,
            created_at=int(time.time()),
            request=request,
            prompt=self._cache.read(request),
            memory=memory,
            lane=lane,
            parent=parent,
            fault=fault,
            recorded=self.record.begin(Exchange(connection, lane, body, context, response_id)),
        )

    def weigh(self, body: Item) -> tuple[tuple[Item, ...], tokens.Prompt]:
        """The context that is to be compacted, and its weight. Raises Refusal."""
        check_create(body, socket=False, extra_models=self.models)
        _, context = self._rebuild(body, Memory())
        return context, self._cache.read(_request(body, context))

    def refused(self, body: Item, refusal: Refusal, *, lane: str | None, connection: int) -> None:
        """Write a refused create down."""
        self.record.begin(Exchange(connection, lane, body, status="refused", error=refusal.error))

    def _rebuild(self, body: Item, memory: Memory) -> tuple[Kept | None, tuple[Item, ...]]:
        """The parent and the whole logical context of a request. Raises Refusal."""
        parent = parent_of(body.get("previous_response_id"), memory, self.archive)
        context = (*(parent.context if parent else ()), *self._input(body))
        check_context(context, warm_up=_is_warm_up(body))
        return parent, context

    def _input(self, body: Item) -> list[Item]:
        given = body.get("input", [])
        items = [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else given
        return [self._resolved(item) for item in items]

    def _resolved(self, item: Item) -> Item:
        """An item that only names another is replaced by that one; what was never stored cannot be named."""
        kind = item.get("type")
        if kind == "item_reference" or (kind == "reasoning" and "id" in item and not item.get("encrypted_content")):
            stored = self.archive.item(item["id"])
            if stored is None:
                raise not_persisted(item["id"])
            return stored
        return item

    async def perform(self, job: Job) -> AsyncGenerator[Item]:
        """All events of a response, numbered. Raises `faults.Dropped` where the connection is to end."""
        try:
            async with aclosing(self._events(job)) as events, aclosing(disturb(events, job.fault)) as disturbed:
                number = 0
                async for event in disturbed:
                    yield {"type": event["type"], "sequence_number": number, **event}
                    number += 1
        finally:
            self.record.lose(job.recorded)

    async def _events(self, job: Job) -> AsyncGenerator[Item]:
        started = self._response(job, "in_progress")
        yield {"type": "response.created", "response": started}
        yield {"type": "response.in_progress", "response": started}
        try:
            answer = await self._answer(job)
        except Refusal as refusal:
            self._settle(job, "refused", None, error=refusal.error)
            yield refusal.frame()
            return
        for event in answer.events:
            yield event
        response = self._response(
            job,
            answer.status,
            output=answer.output,
            usage=None if answer.status == "failed" else tokens.usage(job.prompt, answer.output),
            completed_at=int(time.time()) if answer.status == "completed" else None,
            error=answer.error,
            incomplete_details=answer.details,
        )
        self._settle(job, answer.status, response, error=answer.error)
        yield {"type": f"response.{answer.status}", "response": response}

    async def _answer(self, job: Job) -> "_Answer":
        """Ask the model in a thread. Raises Refusal if it does; any other mistake of a brain's is a failed response."""
        status, details = "completed", None
        items: Sequence[Item] = ()
        try:
            try:
                items = () if job.warm_up else await self._think(job.request)
            except Incomplete as cut:
                status, items, details = "incomplete", cut.items, {"reason": cut.reason}
            output = finish(items, job.request.body, new_id)
            events = [event for index, item in enumerate(output) for event in output_events(index, item)]
        except Refusal:
            raise
        except Failed as failure:
            return _Answer("failed", error={"code": failure.code, "message": str(failure)})
        except Exception as mistake:  # noqa: BLE001 - whatever a brain does wrong is an answer, not the end of a server
            message = f"The model behind this server made a mistake: {mistake!r}."
            return _Answer("failed", error={"code": "server_error", "message": message})
        return _Answer(status, output, events, details=details)

    async def _think(self, request: Request) -> Sequence[Item]:
        thinking = self._threads.submit(self._model.respond, request)
        self._thinking.add(thinking)
        thinking.add_done_callback(self._thinking.discard)
        return await asyncio.wrap_future(thinking)

    def _response(self, job: Job, status: str, **more: Any) -> Item:
        return response_object(
            job.request.body, response_id=job.response_id, created_at=job.created_at, status=status, **more
        )

    def _settle(self, job: Job, status: str, response: Item | None, *, error: Item | None) -> None:
        """What the end of a response does to memory, archive and record, before its last event is sent.

        Only a completed response can be continued. After anything else the parent on its own lane is gone, too, so that
        a client has to come with the full context.
        """
        output = tuple(response["output"]) if response else ()
        if response is not None and status == "completed":
            kept = Kept(job.response_id, (*job.request.context, *output), response)
            job.memory.keep(job.lane, kept)
            self._cache.read(replace(job.request, context=kept.context))
            archived = job.parent is None or self.archive.find(job.parent.id) is not None
            if response["store"] and archived:
                self.archive.keep(kept)
        else:
            job.memory.evict(job.lane, job.request.body.get("previous_response_id"))
        self.record.end(job.recorded, status, output=output, error=error)

    async def aclose(self, *, seconds: float = 0.5) -> None:
        """Let the model's threads end, waiting so long for those that still think; a thread cannot be ended."""
        if self._thinking:
            thinking = asyncio.gather(*map(asyncio.wrap_future, self._thinking), return_exceptions=True)
            await asyncio.wait([thinking], timeout=seconds)
            thinking.cancel()
        self._threads.shutdown(wait=not self._thinking, cancel_futures=True)
