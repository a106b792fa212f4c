"""The HTTP half: POST (JSON and server-sent events), stored responses, compaction, token counts, the list of models."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from patchwire.loopback import catalogue, tokens
from patchwire.loopback.compaction import compact
from patchwire.loopback.disturb import Dropped, Vanished
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.job import Job, new_id
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.service import Service
from patchwire.loopback.store import Memory

_Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """All HTTP routes; each checks the key and turns a Refusal into an answer."""

    def guarded(handle: Callable[[Service, Request], Awaitable[Response]]) -> _Handler:
        async def endpoint(request: Request) -> Response:
            try:
                service.authorize(request.headers)
                return await handle(service, request)
            except Refusal as refusal:
                return refusal_response(refusal)

        return endpoint

    return [
        Route("/v1/responses", guarded(_create), methods=["POST"]),
        Route("/v1/responses/compact", guarded(_compact), methods=["POST"]),
        Route("/v1/responses/input_tokens", guarded(_count), methods=["POST"]),
        Route("/v1/responses/{response_id}", guarded(_retrieve), methods=["GET"]),
        Route("/v1/responses/{response_id}", guarded(_delete), methods=["DELETE"]),
        Route("/v1/responses/{response_id}/input_items", guarded(_input_items), methods=["GET"]),
        Route("/v1/models", guarded(_models), methods=["GET"]),
    ]


def refusal_response(refusal: Refusal) -> Response:
    """The HTTP answer to a refused request or upgrade."""
    return _json(refusal.body(), refusal.status, refusal.headers)


def _json(value: Item, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(encode(value), status, headers, media_type="application/json")


async def _body(service: Service, request: Request) -> Item:
    raw = await request.body()
    if len(raw) > service.limits.message_bytes:
        raise Refusal(413, f"The request is larger than {service.limits.message_bytes} bytes.")
    return decode(raw)


async def _create(service: Service, request: Request) -> Response:
    job = await service.admit(await _body(service, request), memory=Memory())
    if job.request.body.get("stream"):
        return StreamingResponse(_server_sent(service, job), media_type="text/event-stream")
    last: Item = {}
    try:
        async with aclosing(_performed(service, job)) as events:
            async for event in events:
                last = event
    except Dropped as dropped:
        raise Refusal(502, "The connection was dropped.") from dropped
    if last["type"] == "error":
        return _json({"error": last.get("error", last)}, last.get("status", 500), last.get("headers"))
    return _json(last["response"])


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


async def _retrieve(service: Service, request: Request) -> Response:
    kept = service.archive.find(request.path_params["response_id"])
    if kept is None:
        raise _no_response(request)
    return _json(kept.response)


async def _delete(service: Service, request: Request) -> Response:
    if not service.archive.delete(request.path_params["response_id"]):
        raise _no_response(request)
    return _json({"id": request.path_params["response_id"], "object": "response", "deleted": True})


def _no_response(request: Request) -> Refusal:
    return Refusal(404, f"Response with id '{request.path_params['response_id']}' not found.")


async def _compact(service: Service, request: Request) -> Response:
    context, prompt = service.weigh(await _body(service, request))
    output = compact(context, new_id)
    return _json(
        {
            "id": new_id("resp"),
            "object": "response.compaction",
            "created_at": int(time.time()),
            "output": output,
            "usage": tokens.usage(prompt, tuple(output[-1:])),
        }
    )


async def _count(service: Service, request: Request) -> Response:
    _, prompt = service.weigh(await _body(service, request))
    return _json({"object": "response.input_tokens", "input_tokens": prompt.input_tokens})


async def _input_items(service: Service, request: Request) -> Response:
    kept = service.archive.find(request.path_params["response_id"])
    if kept is None:
        raise _no_response(request)
    items = kept.context[: len(kept.context) - len(kept.response["output"])]
    ids = [item.get("id") for item in items]
    page = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None, "has_more": False}
    return _json({"object": "list", "data": list(items), **page})


async def _models(service: Service, request: Request) -> Response:
    names = (*service.models, *(name for name in catalogue.NAMES if name not in service.models))
    owner = {"object": "model", "created": 1_700_000_000, "owned_by": "patchwire"}
    return _json({"object": "list", "data": [{"id": name, **owner} for name in names]})
