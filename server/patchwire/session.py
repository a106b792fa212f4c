"""One workspace root: its connection, its conversation, its turns, one at a time. The composition root.

Constructs the adapters and hands them to the agent; decides nothing itself. With no key it starts the local server with
the offline model behind it and then goes the very same way.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from patchwire.adapters.socket import WebSocketTransport
from patchwire.adapters.workspace import open_workspace
from patchwire.agent import prompt, tools
from patchwire.agent.turn import Turn
from patchwire.ports import Workspace
from patchwire.settings import Settings
from patchwire.task import Budget, Outcome, Progress, Snapshot, Task
from patchwire.wire.conversation import Conversation


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        """Seconds on the system's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Session:
    """Use as an async context manager: leaving it closes the connection and removes every copy.

    `environment` is what child processes may inherit from (by an allow-list); `test_command` is the user's own, else
    one is detected.
    """

    settings: Settings
    environment: Mapping[str, str]
    test_command: str | None = None
    _resources: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack, init=False)
    _conversation: Conversation | None = field(default=None, init=False)
    _transport: WebSocketTransport | None = field(default=None, init=False)
    _running: asyncio.Task[Outcome] | None = field(default=None, init=False)
    _turn: Turn | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    async def run(self, task: Task, snapshot: Snapshot, budget: Budget, emit: Callable[[Progress], None]) -> Outcome:
        """Do one turn. Raises TurnError and SettingsError; a cancelled turn (see `cancel`) is an outcome."""
        async with contextlib.aclosing(await self._open(snapshot)) as workspace:
            turn = Turn(
                task=task,
                budget=budget,
                conversation=self._talk(),
                transport=await self._connect(),
                workspace=workspace,
                clock=SystemClock(),
                emit=emit,
                price=self.settings.model.price,
            )
            running = self._running = asyncio.create_task(turn.run())
            try:
                return await running
            except asyncio.CancelledError:
                if not running.cancelled() or _is_cancelling():
                    raise
                return await turn.cancelled()
            finally:
                self._running = None

    @property
    def transcript(self) -> tuple[dict[str, Any], ...]:
        """Every item of the conversation so far."""
        return self._conversation.history if self._conversation is not None else ()

    def cancel(self) -> None:
        """Cancel the turn that runs, if one does: `run` then returns its outcome within a second or so."""
        if self._running is not None:
            self._running.cancel()

    async def _open(self, snapshot: Snapshot) -> Workspace:
        return await open_workspace(snapshot, test_command=self.test_command, environment=self.environment)

    def _talk(self) -> Conversation:
        if self._conversation is None:
            definitions = [tool.definition() for tool in tools.TOOLS]
            key = f"patchwire-{uuid.uuid4().hex}"
            request = prompt.request(self.settings.model, self.settings.effort, definitions, key)
            self._conversation = Conversation(request)
        return self._conversation

    async def _connect(self) -> WebSocketTransport:
        if self._transport is None:
            base_url, key = self.settings.base_url, self.settings.api_key
            if self.settings.offline:
                base_url, key = await self._serve_offline()
            self._transport = WebSocketTransport(
                base_url, key, organization=self.settings.organization, project=self.settings.project
            )
            self._resources.push_async_callback(self._transport.aclose)
        return self._transport

    async def _serve_offline(self) -> tuple[str, str]:
        """Start the local server with the offline model behind it: its base URL and its key."""
        from patchwire.loopback.server import Loopback  # an online session never pays for a server

        server = await self._resources.enter_async_context(Loopback(OfflineModel(), models=(self.settings.model.name,)))
        return server.base_url, server.token


class OfflineModel:
    """The offline model in the local server's seam."""

    def respond(self, request: Any) -> Sequence[dict[str, Any]]:
        """The next output items for a request's whole context."""
        from patchwire.repair.brain import next_items

        return next_items(request.context, request.tools)


def _is_cancelling() -> bool:
    """Whether it is our caller that is being cancelled, and not the turn alone."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0
