"""The HTTP half: POST (JSON and server-sent events), stored responses, compaction, token counts, the list of models."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from patchwire.loopback import catalogue, tokens
from patchwire.loopback.compaction import compact
from patchwire.loopback.disturb import Dropped, Vanished
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.http import Call, Reply, Route, json_reply
from patchwire.loopback.job import Job, new_id
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.service import Service
from patchwire.loopback.store import Memory


def routes(service: Service) -> list[Route]:
    """All HTTP routes; each checks the key."""

    def route(method: str, path: str, handle: Callable[[Service, Call], Awaitable[Reply]]) -> Route:
        async def answer(call: Call) -> Reply:
            service.authorize(call.headers)
            return await handle(service, call)

        return Route(method, path, answer)

    return [
        route("POST", "/v1/responses", _create),
        route("POST", "/v1/responses/compact", _compact),
        route("POST", "/v1/responses/input_tokens", _count),
        route("GET", "/v1/responses/{response_id}", _retrieve),
        route("DELETE", "/v1/responses/{response_id}", _delete),
        route("GET", "/v1/responses/{response_id}/input_items", _input_items),
        route("GET", "/v1/models", _models),
    ]


def _body(service: Service, call: Call) -> Item:
    if len(call.body) > service.limits.message_bytes:
        raise Refusal(413, f"The request is larger than {service.limits.message_bytes} bytes.")
    return decode(call.body)


async def _create(service: Service, call: Call) -> Reply:
    job = await service.admit(_body(service, call), memory=Memory())
    if job.request.body.get("stream"):
        return Reply(200, _server_sent(service, job), {"content-type": "text/event-stream"})
    last: Item = {}
    try:
        async with aclosing(_performed(service, job)) as events:
            async for event in events:
                last = event
    except Dropped as dropped:
        raise Refusal(502, "The connection was dropped.") from dropped
    if last["type"] == "error":
        return json_reply({"error": last.get("error", last)}, last.get("status", 500), last.get("headers"))
    return json_reply(last["response"])


async def _server_sent(service: Service, job: Job) -> AsyncGenerator[str]:
    """Server-sent events. A dropped response just ends: HTTP has no other word for it that a client would see."""
    with suppress(Dropped):
        async with aclosing(_performed(service, job)) as events:
            async for event in events:
                told = _flat(event) if event["type"] == "error" else event
                yield f"event: {event['type']}\ndata: {encode(told)}\n\n"


async def _performed(service: Service, job: Job) -> AsyncGenerator[Item]:
    """The events, and what a fault does to HTTP."""
    try:
        async with aclosing(service.perform(job)) as events:
            async for event in events:
                yield event
    except Vanished:
        await asyncio.Event().wait()
    except Dropped as dropped:
        if dropped.gone:
            service.hang_up()
        raise


def _flat(event: Item) -> Item:
    """An error inside a stream: on HTTP its fields stand at the top."""
    outside = {name: value for name, value in event.items() if name not in ("error", "status", "headers")}
    return {**outside, **event.get("error", {}), "type": "error"}


async def _retrieve(service: Service, call: Call) -> Reply:
    kept = service.archive.find(call.names["response_id"])
    if kept is None:
        raise _no_response(call)
    return json_reply(kept.response)


async def _delete(service: Service, call: Call) -> Reply:
    if not service.archive.delete(call.names["response_id"]):
        raise _no_response(call)
    return json_reply({"id": call.names["response_id"], "object": "response", "deleted": True})


def _no_response(call: Call) -> Refusal:
    return Refusal(404, f"Response with id '{call.names['response_id']}' not found.")


async def _compact(service: Service, call: Call) -> Reply:
    context, prompt = service.weigh(_body(service, call))
    output = compact(context, new_id)
    return json_reply(
        {
            "id": new_id("resp"),
            "object": "response.compaction",
            "created_at": int(time.time()),
            "output": output,
            "usage": tokens.usage(prompt, tuple(output[-1:])),
        }
    )


async def _count(service: Service, call: Call) -> Reply:
    _, prompt = service.weigh(_body(service, call))
    return json_reply({"object": "response.input_tokens", "input_tokens": prompt.input_tokens})


async def _input_items(service: Service, call: Call) -> Reply:
    kept = service.archive.find(call.names["response_id"])
    if kept is None:
        raise _no_response(call)
    items = kept.context[: len(kept.context) - len(kept.response["output"])]
    ids = [item.get("id") for item in items]
    page = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None, "has_more": False}
    return json_reply({"object": "list", "data": list(items), **page})


async def _models(service: Service, call: Call) -> Reply:
    names = (*service.models, *(name for name in catalogue.NAMES if name not in service.models))
    owner = {"object": "model", "created": 1_700_000_000, "owned_by": "patchwire"}
    return json_reply({"object": "list", "data": [{"id": name, **owner} for name in names]})
