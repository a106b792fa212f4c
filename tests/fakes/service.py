"""A Responses service in memory behind the `Service` port: it plays acts, one a request, and loses what it is told.

What it knows of a connection dies with the connection, as with the real one: an id that it does not remember is refused
with `previous_response_not_found`. `tests/contracts/test_transport.py` holds transports to the port; the real server is
`patchwire.loopback`.
"""

import json
from collections import deque
from collections.abc import Sequence
from typing import Any

from patchwire.errors import ConnectionLost, PatchwireError, ProviderError
from patchwire.loopback.model import Request
from patchwire.loopback.play import Act, Play
from patchwire.ports import Capabilities

Item = dict[str, Any]
USAGE = {"input_tokens": 1_000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 100}


class Lost:
    """An act: the connection is lost after `text` of an answer was sent. `error` is what the client's call raises."""

    def __init__(self, text: str = "", error: PatchwireError | None = None) -> None:
        self.text = text
        self.error = error or ConnectionLost("the connection was lost", started=True)


class Frames:
    """An act: these very frames, be they what they may."""

    def __init__(self, *frames: Item) -> None:
        self.frames = frames


class Incomplete:
    """An act: these items, and a response that ends incomplete for `reason`."""

    def __init__(self, reason: str, *items: Item) -> None:
        self.reason = reason
        self.items = items


class PlayedService:
    """`acts` are played in order; `close()` fails a test that left some unplayed.

    `keys` says for each `renew_key` whether there is another; `windows` are the answers to `compact`; `warm_ups` are
    acts for requests that only prepare (without: an empty response).
    """

    def __init__(
        self,
        *acts: Act | Lost | Frames | Incomplete,
        reconnects: Sequence[PatchwireError | None] = (),
        keys: Sequence[bool] = (),
        windows: Sequence[str | PatchwireError] = (),
        warm_ups: Sequence[Act | Lost | Frames] = (),
        incremental: bool = True,
    ) -> None:
        self._acts = deque(acts)
        self._reconnects = deque(reconnects)
        self._out: deque[str | PatchwireError] = deque()
        self._contexts: dict[str, list[Item]] = {}
        self._count = 0
        self._keys = deque(keys)
        self._warm_ups = deque(warm_ups)
        self._windows = deque(windows)
        self.capabilities = Capabilities(incremental=incremental, warm_up=incremental)
        self.worn = False
        self.unwelcome: set[str] = set()
        self.lifetime: float | None = None
        self.compacted: list[Item] = []
        self.requests: list[Item] = []
        self.contexts: list[list[Item]] = []
        self.reconnected = 0
        self.prepared = 0
        self.closed = False
        self.bytes_up = 0
        self.bytes_down = 0
        self.usage = USAGE

    async def send(self, frame: str) -> None:
        self.bytes_up += len(frame.encode())
        body = json.loads(frame)
        self.requests.append(body)
        parent = body.get("previous_response_id")
        if parent is not None and parent not in self._contexts:
            self._error("previous_response_not_found", "no such response", param="previous_response_id", status=400)
            return
        context = self._contexts.get(parent, []) + body["input"]
        self.contexts.append(context)
        if body.get("generate") is False:
            self._play(self._warm_ups.popleft() if self._warm_ups else [], body, context)
            return
        assert self._acts, f"the play is over, but a request came: {body['input'][-1]}"
        self._play(self._acts.popleft(), body, context)

    def _play(self, act: Any, body: Item, context: list[Item]) -> None:
        self._count += 1
        response_id = f"resp_{self._count}"
        if isinstance(act, Lost):
            if act.text:
                self._put({"type": "response.created", "response": {"id": response_id}})
                self._put({"type": "response.output_text.delta", "item_id": "m", "delta": act.text})
            self._out.append(act.error)
            self._contexts.clear()
            self.worn = True
            return
        if isinstance(act, Frames):
            for frame in act.frames:
                self._put(frame)
            return
        incomplete = act.reason if isinstance(act, Incomplete) else None
        items = list(act.items) if isinstance(act, Incomplete) else self._items(act, body, context)
        items = [self._named(item, number) for number, item in enumerate(items)]
        self._put({"type": "response.created", "response": {"id": response_id}})
        for number, item in enumerate(items):
            for part in item.get("content", []):
                self._put({"type": "response.output_text.delta", "item_id": item["id"], "delta": part.get("text", "")})
            for part in item.get("summary", []):
                delta = {"item_id": item["id"], "summary_index": 0, "delta": part["text"]}
                self._put({"type": "response.reasoning_summary_text.delta", **delta})
            self._put({"type": "response.output_item.done", "output_index": number, "item": item})
        response = {"id": response_id, "output": items, "usage": self.usage}
        if incomplete is not None:
            response["incomplete_details"] = {"reason": incomplete}
        self._put({"type": f"response.{'incomplete' if incomplete else 'completed'}", "response": response})
        self._contexts = {response_id: [*context, *items]}

    @staticmethod
    def _items(act: Act, body: Item, context: list[Item]) -> list[Item]:
        request = Request(
            body["model"], body.get("instructions", ""), tuple(body.get("tools", ())), tuple(context), body
        )
        return list(Play(act).respond(request))

    def _named(self, item: Item, number: int) -> Item:
        named = {"id": f"item_{self._count}_{number}", **item}
        if item["type"].endswith("_call"):
            named.setdefault("call_id", f"call_{self._count}_{number}")
        return named

    def _error(self, code: str, message: str, **more: Any) -> None:
        status = more.pop("status", None)
        self._put({"type": "error", "status": status, "error": {"code": code, "message": message, **more}})

    def _put(self, frame: Item) -> None:
        self._out.append(json.dumps(frame))

    async def receive(self) -> str:
        assert self._out, "the client waits for a frame that nobody will send"
        frame = self._out.popleft()
        if isinstance(frame, PatchwireError):
            raise frame
        self.bytes_down += len(frame.encode())
        return frame

    async def reconnect(self) -> None:
        self.reconnected += 1
        self._out.clear()
        self._contexts.clear()
        if self._reconnects and (error := self._reconnects.popleft()) is not None:
            raise error
        self.worn = False

    async def renew_key(self) -> bool:
        return self._keys.popleft() if self._keys else False

    def prepare(self) -> None:
        self.prepared += 1

    def expires_after(self, seconds: float) -> None:
        self.lifetime = seconds

    async def compact(self, request: str) -> str:
        self.compacted.append(json.loads(request))
        window = self._windows.popleft() if self._windows else ProviderError("no compaction here")
        if isinstance(window, PatchwireError):
            raise window
        return window

    async def aclose(self) -> None:
        self.closed = True

    def close(self) -> None:
        """The end of a test: everything must have been played and read."""
        assert not self._acts, f"{len(self._acts)} acts were not played"
        assert not self._out, f"{len(self._out)} frames were left unread"


def error(code: str | None, message: str = "no", *, status: int | None = None, **more: Any) -> Frames:
    """An act: the request is refused by an `error` frame."""
    return Frames({"type": "error", "status": status, "error": {"code": code, "message": message, **more}})
