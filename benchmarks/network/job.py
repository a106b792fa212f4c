"""One job over one line: 25 tool calls by WebSocket, or by HTTP in one of two ways; and where its time went.

The three clients are as plain as can be (`websockets`, `httpx`), do the same work and keep one connection open. None of
them is ours: what is compared here is the way of talking, not a program.
"""

import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from benchmarks.network.line import Line
from benchmarks.turns.play import Spec, answers, name_of, opening
from websockets.asyncio.client import connect

from patchwire.loopback import tokens
from patchwire.loopback.model import Item, Request
from patchwire.loopback.play import call, say
from patchwire.loopback.server import Loopback

MODES = ("websocket", "stored", "stateless")
Ask = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a job meets. `upload` in bits per second, `per_token` in seconds, `model` in seconds a turn."""

    mode: str
    round_trip: float
    model: float
    upload: float = 10e6
    per_token: float = 5e-6
    calls: int = 25


@dataclass(frozen=True, slots=True)
class Job:
    """Where the time of one job went, in seconds; `rest` is what computing it all really took."""

    setting: Setting
    total: float
    connection: float
    upload: float
    server: float
    bytes_up: int

    @property
    def model(self) -> float:
        """What the model took."""
        return self.setting.model * (self.setting.calls + 1)

    @property
    def round_trips(self) -> float:
        """What the way there and back took, of the requests alone."""
        return self.setting.round_trip * (self.setting.calls + 1)

    @property
    def rest(self) -> float:
        """What is left: real computing, of the client, of the line and of the local server."""
        return self.total - self.connection - self.upload - self.server - self.model - self.round_trips


class Brain:
    """The model and the server's work before it. `server_seconds` is what the latter has cost so far.

    The work is for every token that the other end does not remember: over WebSocket, where the connection holds the
    last response, what is new (with instructions and tools, which come anew each time); over HTTP everything.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.server_seconds = 0.0

    def respond(self, request: Request) -> Sequence[Item]:
        """Work, think, and call for the next file."""
        remembered = self._setting.mode == "websocket"
        fresh: Any = request.body["input"] if remembered else request.context
        weight = tokens.count([request.instructions, list(request.tools), list(fresh)])
        work = weight * self._setting.per_token
        self.server_seconds += work
        time.sleep(work + self._setting.model)
        done = sum(item.get("type") == "function_call_output" for item in request.context)
        if done == self._setting.calls:
            return [say("I have read them all.")]
        return [call("read_file", path=name_of(done), start_line=None, end_line=None)]


async def perform(setting: Setting, spec: Spec, server: ssl.SSLContext, client: ssl.SSLContext) -> Job:
    """Do the job, from no connection to the last response."""
    brain = Brain(setting)
    async with (
        Loopback(brain, tls=server, token=spec.key) as loopback,
        Line(loopback.port, round_trip=setting.round_trip, upload=setting.upload) as line,
    ):
        url = f"https://127.0.0.1:{line.port}/v1/responses"
        headers = {"Authorization": f"Bearer {spec.key}"}
        opened = _by_socket if setting.mode == "websocket" else _by_http
        started = time.monotonic()
        async with opened(url, headers, client) as (ask, connected):
            bytes_up = await _converse(ask, setting.mode, spec)
            ended = time.monotonic()
        handshake = connected() - started
        return Job(setting, ended - started, handshake, line.upload_seconds, brain.server_seconds, bytes_up)


async def _converse(ask: Ask, mode: str, spec: Spec) -> int:
    """Ask, read the files, ask again, until no file is wanted; the bytes of all requests."""
    request: dict[str, Any] = {**spec.request(), "store": mode == "stored"}
    history = items = [opening()]
    chain: dict[str, str] = {}
    bytes_up = 0
    while items:
        body = {**request, **chain, "input": history if mode == "stateless" else items}
        response, size = await ask(body)
        bytes_up += size
        chain = {} if mode == "stateless" else {"previous_response_id": response["id"]}
        items = answers(spec.root, response["output"])
        history = [*history, *response["output"], *items]
    return bytes_up


def _encoded(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


@asynccontextmanager
async def _by_socket(url: str, headers: dict[str, str], tls: ssl.SSLContext) -> AsyncIterator[tuple[Ask, Any]]:
    """Without compression: whether a service accepts it is not documented."""
    address = url.replace("https", "wss", 1)
    async with connect(address, additional_headers=headers, ssl=tls, compression=None, max_size=None) as socket:
        opened = time.monotonic()

        async def ask(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
            frame = _encoded({"type": "response.create", **body})
            await socket.send(frame)
            while True:
                event = json.loads(await socket.recv())
                if event["type"] == "response.completed":
                    return event["response"], len(frame.encode())

        yield ask, lambda: opened


@asynccontextmanager
async def _by_http(url: str, headers: dict[str, str], tls: ssl.SSLContext) -> AsyncIterator[tuple[Ask, Any]]:
    """HTTP/1.1 with keep-alive; the connection is made by the first request."""
    opened = [0.0]

    async def trace(name: str, _: Any) -> None:
        if name == "connection.start_tls.complete":
            opened.append(time.monotonic())

    async with httpx.AsyncClient(headers=headers, verify=tls, timeout=60, trust_env=False) as client:

        async def ask(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
            content = _encoded({**body, "stream": True}).encode()
            asked = client.stream(
                "POST", url, content=content, headers={"Content-Type": "application/json"}, extensions={"trace": trace}
            )
            async with asked as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if line.startswith('data: {"type":"response.completed"'):
                        response: dict[str, Any] = json.loads(line.removeprefix("data: "))["response"]
            return response, len(content)

        yield ask, lambda: opened[1]
        if len(opened) != 2:
            raise RuntimeError(f"the HTTP client connected {len(opened) - 1} times instead of once")
