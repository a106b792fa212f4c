"""A bare client for the server's tests: plain `websockets` and JSON, nothing of Patchwire's own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from patchwire.loopback.server import Loopback

Item = dict[str, Any]
MODEL = "gpt-6.2-sol"
TERMINAL = ("response.completed", "response.failed", "response.incomplete", "error")
READ_FILE: Item = {
    "type": "function",
    "name": "read_file",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"path": {"type": "string"}, "start_line": {"type": ["integer", "null"]}},
        "required": ["path", "start_line"],
        "additionalProperties": False,
    },
}


def user(text: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def output(call: Item, text: str = "done") -> Item:
    return {"type": f"{call['type']}_output", "call_id": call["call_id"], "output": text}


class Client:
    """One socket. `events` is all that came, in order."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Item] = []

    async def create(self, given: Any, **fields: Any) -> None:
        create = {"type": "response.create", "model": MODEL, "store": False, "input": given, **fields}
        await self.socket.send(json.dumps(create))

    async def next(self) -> Item:
        event: Item = json.loads(await self.socket.recv())
        self.events.append(event)
        return event

    async def until(self, *types: str) -> Item:
        """Read up to an event of one of these types."""
        while (event := await self.next())["type"] not in types:
            pass
        return event

    async def turn(self, given: Any, **fields: Any) -> Item:
        """A create and its terminal event."""
        await self.create(given, **fields)
        return await self.until(*TERMINAL)

    async def response(self, given: Any, **fields: Any) -> Item:
        """A create that must be completed; the response object."""
        event = await self.turn(given, **fields)
        assert event["type"] == "response.completed", event
        response: Item = event["response"]
        return response

    async def refused(self, given: Any, **fields: Any) -> Item:
        """A create that must be refused; the error frame."""
        event = await self.turn(given, **fields)
        assert event["type"] == "error", event
        return event


@asynccontextmanager
async def connected(server: Loopback, headers: dict[str, str] | None = None, **settings: Any) -> AsyncIterator[Client]:
    url = server.base_url.replace("http:", "ws:") + "/responses"
    if headers is None:
        headers = {"Authorization": f"Bearer {server.token}"}
    async with connect(url, additional_headers=headers, max_size=None, **settings) as socket:
        yield Client(socket)
