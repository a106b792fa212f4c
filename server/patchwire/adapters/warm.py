"""A warm pytest in a copy: one process that is ready to run, and a fork of it for every run.

The other side is `runners/probe/patchwire_probe/warm.py`, in the repository's own interpreter. It dies with us, with
`aclose`, and with a run that is cancelled. Knows one copy and one run at a time, nothing of candidates.
"""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from types import MappingProxyType
from typing import Any

from patchwire.adapters.process import Finished, Program, wait_for
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.events import gather
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.pytest import judge
from patchwire.adapters.shadow_git import Content
from patchwire.errors import WorkspaceError
from patchwire.task import TestReport

_START_SECONDS = 60.0
_LATE_SECONDS = 10.0
_LINE_LIMIT = 1024 * 1024


class NotWarm(Exception):
    """There is no warm pytest to be had; the text says why. Cold runs will do."""


@dataclass(frozen=True, slots=True)
class WarmRun:
    """A report, and how many seconds of processor time the run took."""

    report: TestReport
    cpu: float


class WarmPytest:
    """A started server; make one with `start`."""

    def __init__(
        self,
        command: Command,
        place: Place,
        program: Program,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._command, self._place, self._program = command, place, program
        self._reader, self._writer = reader, writer
        self._ended = asyncio.create_task(wait_for(program, None))

    @classmethod
    async def start(cls, command: Command, place: Place, modules: Sequence[str], *, early: bool) -> "WarmPytest":
        """Start a server in `place` with `modules` (none of the tree's) imported.

        `early` is for trees with a `conftest.py`, which every fork then loads anew. Raises NotWarm.
        """
        if command.python is None or command.pytest_at is None:
            raise NotWarm("the command does not tell which interpreter runs pytest")
        ours, theirs = socket.socketpair()
        with theirs:
            environment = place.variables(command) | {"PATCHWIRE_PROBE": json.dumps({"root": str(place.root)})}
            argv = [command.python, "-m", "patchwire_probe.warm", str(theirs.fileno())]
            try:
                program = Program(
                    argv,
                    cwd=place.root,
                    environment=environment,
                    pass_fds=[theirs.fileno()],
                    confinement=place.confinement,
                )
            except WorkspaceError as error:
                ours.close()
                raise NotWarm(str(error)) from error
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LINE_LIMIT)
        server = cls(command, place, program, reader, writer)
        greeting = {
            "arguments": command.argv[command.pytest_at :],
            "modules": list(modules),
            "importable": command.runs_module,
            "early": early,
        }
        try:
            answer = await server._ask(greeting, _START_SECONDS)
            if not answer["ready"]:
                raise NotWarm(answer["why"])
        except BaseException:
            await server.aclose()
            raise
        return server

    async def run(
        self,
        *,
        targets: Sequence[str],
        most_failures: int | None,
        seconds: float,
        cpu_seconds: float,
        files: Mapping[str, Content | None] = MappingProxyType({}),
        keep_bytecode: bool = False,
        traceback_style: str | None = "native",
    ) -> WarmRun:
        """Run `targets` (none: all) in a fork, on the files as they are. Raises NotWarm if the server is gone.

        The native style of tracebacks is the fastest to make; None is the project's own.
        `files` are written by the server for this run alone: in a sandbox only it can.
        """
        self._place.loaded_outside()
        key = token_bytes(32)
        wishes: dict[str, Any] = {
            "root": str(self._place.root),
            "key": key.hex(),
            "most_failures": most_failures,
            "traceback_style": traceback_style,
        }
        if targets:
            wishes["targets"] = list(targets)
        request = {"seconds": seconds, "cpu": cpu_seconds, "bytecode": keep_bytecode, "wishes": wishes}
        request["files"] = {
            path: content and {"data": base64.b64encode(content.data).decode(), "executable": content.mode == "100755"}
            for path, content in files.items()
        }
        try:
            answer = await self._ask(request, seconds + _LATE_SECONDS)
            events = await self._reader.readexactly(answer["size"])
        except (NotWarm, asyncio.IncompleteReadError) as error:
            self._program.kill()
            raise NotWarm(str(error)) from error
        except asyncio.CancelledError:
            self._program.kill()
            raise
        finished = Finished(answer["exit"], "", answer["seconds"], answer["timed_out"])
        gathered = gather(events.splitlines(), key)
        return WarmRun(judge(self._command, self._place, finished, gathered, seconds, targets), answer["cpu"])

    async def aclose(self) -> None:
        """Kill the server and all its forks."""
        self._program.kill()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        with contextlib.suppress(WorkspaceError):
            await self._ended

    async def _ask(self, message: object, seconds: float) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(json.dumps(message).encode() + b"\n")
                await self._writer.drain()
                answer = await self._reader.readline()
        except (OSError, ValueError, TimeoutError) as error:
            raise NotWarm(f"the warm pytest does not answer: {error}") from error
        if not answer:
            raise NotWarm("the warm pytest has ended")
        answered: dict[str, Any] = json.loads(answer)
        return answered
