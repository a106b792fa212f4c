"""The least that a language client can be: messages out, messages in, and the time when each came."""

import asyncio
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Self

_ANSWERS: dict[str, Any] = {"workspace/configuration": [{}], "window/showMessageRequest": {"title": "Go on"}}


class Client:
    """Use as an async context manager around a server module; `capabilities` are VS Code's that matter here."""

    def __init__(self, module: str, root: Path, environment: dict[str, str] | None = None) -> None:
        self._module, self._root, self._environment = module, root, environment or {}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.started = 0.0
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self.started = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | self._environment,
            limit=1 << 24,
        )
        self._reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.request("shutdown", None)
        self.notify("exit", None)
        await self._process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def initialize(self) -> float:
        """Say hello; the seconds from the start of the process to its answer."""
        await self.request(
            "initialize",
            {
                "processId": None,
                "capabilities": {"window": {"workDoneProgress": True}, "workspace": {"configuration": True}},
                "workspaceFolders": [{"uri": self._root.as_uri(), "name": "bench"}],
                "initializationOptions": {"events": True},
            },
        )
        took = time.perf_counter() - self.started
        self.notify("initialized", {})
        return took

    async def request(self, method: str, params: Any) -> Any:
        """Ask, and wait for the answer."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        return await answer

    def notify(self, method: str, params: Any) -> None:
        """Tell."""
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        reader = self._process.stdout
        assert reader is not None
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n"))
            message = json.loads(await reader.readexactly(int(fields[b"Content-Length"])))
            if "method" not in message:
                self._waiting.pop(message["id"]).set_result(message.get("result"))
            elif "id" in message:
                self._send({"id": message["id"], "result": _ANSWERS.get(message["method"])})
            elif message["method"] == "patchwire/event":
                self.events.append(message["params"])
