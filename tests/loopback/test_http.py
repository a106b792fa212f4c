"""Calls, replies, and which route answers which path."""

import json

import pytest

from patchwire.loopback.http import Call, Reply, Route, answer, json_reply, refusal_reply
from patchwire.loopback.refusal import Refusal


@pytest.mark.parametrize(
    ("headers", "wants"),
    [
        ({"connection": "Upgrade", "upgrade": "websocket"}, True),
        ({"connection": "keep-alive, upgrade", "upgrade": "WebSocket"}, True),
        ({"connection": "keep-alive", "upgrade": "websocket"}, False),
        ({"connection": "upgrade", "upgrade": "h2c"}, False),
        ({}, False),
    ],
)
def test_what_an_upgrade_is(headers: dict[str, str], wants: bool) -> None:
    assert Call("GET", "/", headers).wants_socket == wants


async def named(call: Call) -> Reply:
    return json_reply({"names": dict(call.names), "body": call.body.decode()})


async def refused(call: Call) -> Reply:
    raise Refusal(429, "No.", headers={"a": "b"})


ROUTES = [Route("GET", "/a/{name}", named), Route("POST", "/a/{name}", refused), Route("GET", "/a/{x}/b.c/{y}", named)]


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/a/b", 200, {"names": {"name": "b"}, "body": "x"}),
        ("GET", "/a/1/b.c/2", 200, {"names": {"x": "1", "y": "2"}, "body": "x"}),
        ("POST", "/a/b", 429, "No."),
        ("DELETE", "/a/b", 405, "Method not allowed (DELETE /a/b)"),
        ("GET", "/a/", 404, "Invalid URL (GET /a/)"),
        ("GET", "/a/b/", 404, "Invalid URL (GET /a/b/)"),
        ("GET", "/", 404, "Invalid URL (GET /)"),
    ],
)
async def test_the_route_that_fits_answers(method: str, path: str, status: int, told: object) -> None:
    reply = await answer(ROUTES, Call(method, path, {}, b"x"))
    assert isinstance(reply.body, bytes)
    body = json.loads(reply.body)
    assert (reply.status, body if status == 200 else body["error"]["message"]) == (status, told)


def test_a_refusal_keeps_its_headers() -> None:
    reply = refusal_reply(Refusal(503, "No.", headers={"Retry-After": "1"}))
    assert reply.headers == {"content-type": "application/json", "Retry-After": "1"}
