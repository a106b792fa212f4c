"""The HTTP half: POST (JSON and server-sent events), stored responses, compaction, the list of models."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from patchwire.loopback import catalogue, tokens
from patchwire.loopback.compaction import compact
from patchwire.loopback.faults import Dropped
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.model import Item
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.service import Job, Service, new_id
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
        Route("/v1/responses/{response_id}", guarded(_retrieve), methods=["GET"]),
        Route("/v1/responses/{response_id}", guarded(_delete), methods=["DELETE"]),
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
    job = service.admit(await _body(service, request), memory=Memory())
    if job.request.body.get("stream"):
        return StreamingResponse(_server_sent(service, job), media_type="text/event-stream")
    last: Item = {}
    try:
        async with aclosing(service.perform(job)) as events:
            async for event in events:
                last = event
    except Dropped as dropped:
        _go(service, dropped)
        raise Refusal(502, "The connection was dropped.") from dropped
    if last["type"] == "error":
        return _json({"error": last["error"]}, last["status"], last.get("headers"))
    return _json(last["response"])


async def _server_sent(service: Service, job: Job) -> AsyncGenerator[str]:
    """Server-sent events. A dropped response just ends: HTTP has no other word for it that a client would see."""
    try:
        async with aclosing(service.perform(job)) as events:
            async for event in events:
                flat = _flat(event) if event["type"] == "error" else event
                yield f"event: {event['type']}\ndata: {encode(flat)}\n\n"
    except Dropped as dropped:
        _go(service, dropped)


def _flat(event: Item) -> Item:
    """An error inside a stream: on HTTP its fields stand at the top."""
    return {"sequence_number": event["sequence_number"], **event["error"], "type": "error"}


def _go(service: Service, dropped: Dropped) -> None:
    if dropped.gone:
        service.hang_up()


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


async def _models(service: Service, request: Request) -> Response:
    names = (*service.models, *(name for name in catalogue.NAMES if name not in service.models))
    owner = {"object": "model", "created": 1_700_000_000, "owned_by": "patchwire"}
    return _json({"object": "list", "data": [{"id": name, **owner} for name in names]})
