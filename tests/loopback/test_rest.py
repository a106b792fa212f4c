"""The HTTP half: JSON, server-sent events, stored responses, refusals."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.loopback.client import MODEL, READ_FILE, output, user

from patchwire.loopback.compaction import reveal
from patchwire.loopback.faults import Drop, Fail, Faults, Gone
from patchwire.loopback.model import Failed
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.refusal import Refusal
from patchwire.loopback.server import Loopback
from patchwire.loopback.service import Limits


@asynccontextmanager
async def http(server: Loopback) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, trust_env=False) as client:
        yield client


def body(given: Any, **fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": given, **fields}


def events_of(text: str) -> list[dict[str, Any]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name.removeprefix("event: ") for name, _ in blocks] == [event["type"] for event in events]
    return events


async def test_json_and_a_chain_over_stored_responses() -> None:
    play = Play(call("read_file", path="a", start_line=None), say("done"))
    async with Loopback(play) as server, http(server) as client:
        first = (await client.post("/responses", json=body("go", tools=[READ_FILE]))).json()
        answer = output(first["output"][0])
        second = await client.post("/responses", json=body([answer], previous_response_id=first["id"]))
    assert second.status_code == 200
    assert second.json()["output"][0]["content"][0]["text"] == "done"
    assert [exchange.connection for exchange in server.exchanges] == [0, 0]
    assert server.exchanges[1].context[-1] == answer


async def test_server_sent_events_are_the_same_events() -> None:
    async with Loopback(Play(say("hello"))) as server, http(server) as client:
        answer = await client.post("/responses", json=body("go", stream=True))
    events = events_of(answer.text)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.completed"


async def test_without_store_nothing_can_be_continued_over_http() -> None:
    async with Loopback(Play(say("a"))) as server, http(server) as client:
        first = (await client.post("/responses", json=body("go", store=False))).json()
        refused = await client.post("/responses", json=body("on", previous_response_id=first["id"]))
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "previous_response_not_found"


async def test_stored_responses_can_be_read_and_deleted() -> None:
    async with Loopback(Play(say("a"))) as server, http(server) as client:
        first = (await client.post("/responses", json=body("go"))).json()
        path = f"/responses/{first['id']}"
        assert (await client.get(path)).json() == first
        assert (await client.delete(path)).json() == {"id": first["id"], "object": "response", "deleted": True}
        assert (await client.get(path)).status_code == 404
        assert (await client.delete(path)).status_code == 404


async def test_what_only_the_socket_knows_is_an_unknown_parameter() -> None:
    async with Loopback(Play()) as server, http(server) as client:
        for name, value in (("stream_id", "a"), ("generate", False), ("type", "response.create")):
            refused = await client.post("/responses", json=body("go", **{name: value}))
            assert refused.json()["error"]["message"] == f"Unknown parameter: '{name}'."


async def test_every_route_asks_for_the_key() -> None:
    async with Loopback(Play()) as server, httpx.AsyncClient(base_url=server.base_url, trust_env=False) as client:
        for method, path in (("POST", "/responses"), ("POST", "/responses/compact"), ("GET", "/models")):
            assert (await client.request(method, path)).status_code == 401


async def test_a_body_that_is_too_large_is_413() -> None:
    async with Loopback(Play(), limits=Limits(message_bytes=100)) as server, http(server) as client:
        assert (await client.post("/responses", json=body("x" * 100))).status_code == 413


async def test_a_failure_is_a_status_with_headers() -> None:
    faults = Faults(every_request=Fail(429, "slow_down", headers={"Retry-After": "9"}))
    async with Loopback(Play(), faults=faults) as server, http(server) as client:
        refused = await client.post("/responses", json=body("go"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "9")
    assert refused.json()["error"]["type"] == "rate_limit_error"


async def test_a_model_that_refuses_or_fails() -> None:
    refusal = Refusal(429, "Slow down.", code="slow_down", headers={"Retry-After": "1"})
    async with Loopback(Play(refusal, refusal, Failed("no"))) as server, http(server) as client:
        plain = await client.post("/responses", json=body("go"))
        stream = events_of((await client.post("/responses", json=body("go", stream=True))).text)
        failed = await client.post("/responses", json=body("go"))
    assert (plain.status_code, plain.headers["Retry-After"], plain.json()["error"]["code"]) == (429, "1", "slow_down")
    assert stream[-1] == {
        "type": "error",
        "sequence_number": 2,
        "code": "slow_down",
        "message": "Slow down.",
        "param": None,
    }
    assert failed.json()["status"] == "failed"


@pytest.mark.parametrize("fault", [Drop(3), Gone(3)])
async def test_a_drop_cuts_the_stream_short(fault: Drop | Gone) -> None:
    async with Loopback(Play(say("a"), say("b")), faults=Faults(every_request=fault)) as server, http(server) as client:
        stream = await client.post("/responses", json=body("go", stream=True))
        assert len(events_of(stream.text)) == 3
        if isinstance(fault, Drop):
            assert (await client.post("/responses", json=body("go"))).status_code == 502


async def test_a_compacted_window_keeps_what_the_user_said_and_loses_nothing() -> None:
    history = [user("Read a."), {**call("read_file", path="a", start_line=None), "call_id": "call_1"}]
    history += [{"type": "function_call_output", "call_id": "call_1", "output": "text"}, user("Go on.")]
    async with Loopback(Play()) as server, http(server) as client:
        answer = (await client.post("/responses/compact", json=body(history))).json()
    *kept, compaction = answer["output"]
    assert kept == [history[0], history[3]]
    assert list(reveal(compaction)) == history
    assert answer["usage"]["input_tokens"] > 0


async def test_tokens_can_be_counted_and_inputs_read() -> None:
    async with Loopback(Play(say("One."))) as server, http(server) as client:
        first = (await client.post("/responses", json=body([user("go")]))).json()
        counted = (await client.post("/responses/input_tokens", json=body([user("go")]))).json()
        assert counted == {"object": "response.input_tokens", "input_tokens": first["usage"]["input_tokens"]}
        items = (await client.get(f"/responses/{first['id']}/input_items")).json()
        assert (items["data"], items["has_more"]) == ([user("go")], False)
        assert (await client.get("/responses/resp_0/input_items")).status_code == 404


async def test_a_failure_in_the_middle_comes_over_http_too() -> None:
    fault = Fail(500, after=2, headers={"a": "b"}, without=("status",))
    async with Loopback(Play(), faults=Faults(every_request=fault)) as server, http(server) as client:
        plain = await client.post("/responses", json=body("go"))
        stream = events_of((await client.post("/responses", json=body("go", stream=True))).text)
    assert (plain.status_code, plain.headers["a"]) == (500, "b")
    assert plain.json()["error"]["type"] == "server_error"
    assert [event["type"] for event in stream] == ["response.created", "response.in_progress", "error"]
    assert stream[-1]["message"] == "The server had an error while processing your request."


async def test_a_plain_get_of_responses_is_not_allowed() -> None:
    async with Loopback(Play()) as server, http(server) as client:
        assert (await client.get("/responses")).status_code == 405
