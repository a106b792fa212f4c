"""One workspace root: its connection, its conversation, its turns, one at a time. The composition root.

Constructs the adapters and hands them to the agent; decides nothing itself. With no key it starts the local server with
the offline model behind it and then goes the very same way.
"""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from patchwire.adapters.connections import Connections, ServiceConnection
from patchwire.adapters.credentials import FixedKey, KeyCommand
from patchwire.adapters.journal import JournalFile, NoJournal
from patchwire.agent import prompt, tools
from patchwire.agent.inbox import Inbox
from patchwire.agent.record import Record, taken_up
from patchwire.agent.relay import Relay
from patchwire.agent.turn import Turn
from patchwire.agent.warm_up import warming
from patchwire.ports import Journal, TestRun, Workspace
from patchwire.settings import Settings
from patchwire.task import Budget, Isolation, Outcome, Progress, Snapshot, Status, Task, TestReport
from patchwire.wire.conversation import Conversation

if TYPE_CHECKING:
    from patchwire.adapters.isolation import Wish

Pending = Sequence[tuple[str, str | None]]
"""Paths and their texts (None: no file): what the user has neither taken nor dropped yet."""


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        """Seconds on the system's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """A random number from 0 to 1."""
        return random.random()  # noqa: S311 - nothing secret hangs on when we come back


async def _approved(isolation: Isolation) -> None:
    """Whoever does not ask agrees."""


@dataclass(slots=True)
class Session:
    """Use as an async context manager: leaving it closes the connection and removes every copy.

    Connection and copy are made when they are first needed and kept over the turns; `begin` is another conversation
    over both. `environment` is what child processes may inherit from (by an allow-list); `test_command` is the user's
    own, else one is detected; `test_reports` are patterns of JUnit files that it writes. `connections` is what was
    learnt of services; sessions may share it. With a `journal_id` it is written down under that; `history` is what
    stood there when it is taken up again. `approve` hears how far a copy is isolated before anything runs in it, and
    may raise. `tap` hears every frame, `up` or `down`.
    """

    settings: Settings
    environment: Mapping[str, str]
    test_command: str | None = None
    connections: Connections = field(default_factory=Connections)
    journal_id: str | None = None
    history: Sequence[dict[str, Any]] = ()
    approve: Callable[[Isolation], Awaitable[None]] = _approved
    test_reports: Sequence[str] = ()
    tap: Callable[[str, str], None] | None = None
    _resources: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack, init=False)
    _conversation: Conversation | None = field(default=None, init=False)
    _workspace: Workspace | None = field(default=None, init=False)
    _service: ServiceConnection | None = field(default=None, init=False)
    _record: Record | None = field(default=None, init=False)
    _file: JournalFile | None = field(default=None, init=False)
    _closing: dict[str, asyncio.Future[None]] = field(default_factory=dict, init=False)
    """By id, the journals that are being written to their end."""
    _running: asyncio.Task[Outcome] | None = field(default=None, init=False)
    _cancelled: bool = field(default=False, init=False)
    _commands: bool = field(default=False, init=False)
    _warm: bool = field(default=False, init=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection, write the journal out, remove the copy."""
        await self._drop_workspace()
        self._let_journal_go()
        await asyncio.gather(*self._closing.values())
        await self._resources.aclose()

    async def begin(self, journal_id: str | None, history: Sequence[dict[str, Any]] = ()) -> None:
        """The next turn is the first of another conversation, over the same connection and the same copy."""
        self._let_journal_go()
        if journal_id is not None and (closing := self._closing.get(journal_id)) is not None:
            await closing  # it is the same file that is gone on with
        self.journal_id, self.history = journal_id, history
        self._conversation = self._record = None

    async def use_test_command(self, command: str | None) -> None:
        """The tests are run by another command from now on."""
        if command != self.test_command:
            self.test_command = command
            await self._drop_workspace()

    def fork(self, journal_id: str | None = None) -> "Session":
        """Another session that goes on from here by itself, with a connection and a copy of its own, at the same time.

        It knows what is settled here: open calls, and a question without an answer, stay out. Its first request says
        everything; the cache key is the same, because the beginning is. Whoever forks it closes it.
        """
        twin: Session = replace(self, journal_id=journal_id)
        if self._conversation is not None:
            twin._conversation = self._conversation.fork()
        return twin

    async def run(
        self,
        task: Task,
        snapshot: Snapshot,
        budget: Budget,
        emit: Callable[[Progress], None],
        pending: Pending = (),
        inbox: Inbox | None = None,
    ) -> Outcome:
        """Do one turn on the tree as `snapshot` shows it, with `pending` (changes not yet taken) written over it.

        What is added to `inbox`, before or while it runs, joins the next request.
        Raises TurnError and SettingsError; a cancelled turn (see `cancel`) is an outcome.
        """
        self._cancelled = False
        running = self._running = asyncio.create_task(
            self._work(task, snapshot, budget, emit, pending, inbox or Inbox())
        )
        try:
            return await running
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
            return Outcome(Status.CANCELLED, "Cancelled before the work began.")
        finally:
            self._running = None

    async def run_tests(self, snapshot: Snapshot, run: TestRun) -> TestReport:
        """Run tests on the tree as `snapshot` shows it: without a model and without a connection. Raises TurnError."""
        async with self._kept(snapshot, ()) as workspace:
            return await workspace.run_tests(run)

    async def _work(
        self,
        task: Task,
        snapshot: Snapshot,
        budget: Budget,
        emit: Callable[[Progress], None],
        pending: Pending,
        inbox: Inbox,
    ) -> Outcome:
        service, clock = await self._connect(), SystemClock()
        service.prepare()
        await self._foresee(task.root)
        async with self._kept(snapshot, pending, self._prepared(service, clock)) as workspace:
            record = self._write_down(service)
            relay = Relay((record.hear, emit))
            record.begin(task)
            turn = Turn(
                task=task,
                budget=budget,
                conversation=self._talk(service),
                transport=service,
                workspace=workspace,
                clock=clock,
                emit=relay.tell,
                price=self.settings.model.price,
                window=self.settings.model.context,
                inbox=inbox,
            )
            try:
                outcome = await turn.run()
            except asyncio.CancelledError:
                if not self._cancelled:
                    raise
                outcome = await turn.cancelled()
            finally:
                relay.flush()
            record.end(outcome)
            return outcome

    @property
    def transcript(self) -> tuple[dict[str, Any], ...]:
        """Every item of the conversation so far."""
        return self._conversation.history if self._conversation is not None else ()

    def cancel(self) -> None:
        """Cancel the turn that runs or is about to: `run` then returns its outcome within a second or so."""
        if self._running is not None and not self._cancelled:  # once: what was reached is being put together
            self._cancelled = True
            self._running.cancel()

    def _prepared(self, service: ServiceConnection, clock: SystemClock) -> contextlib.AbstractAsyncContextManager[None]:
        """A context in which the service warms up, if this is the first turn on a connection that is yet to be made."""
        if self._warm or not self.settings.warm_up:
            return contextlib.nullcontext()
        self._warm = True
        return warming(self._talk(service), service, clock)

    @contextlib.asynccontextmanager
    async def _kept(
        self,
        snapshot: Snapshot,
        pending: Pending,
        meanwhile: contextlib.AbstractAsyncContextManager[None] | None = None,
    ) -> AsyncIterator[Workspace]:
        """The workspace, up to date. It is kept for the next turn, unless something goes wrong in between."""
        try:
            async with meanwhile or contextlib.nullcontext():
                workspace = await self._open(snapshot, pending)
            yield workspace
        except BaseException:
            await self._drop_workspace()
            raise

    async def _open(self, snapshot: Snapshot, pending: Pending) -> Workspace:
        # While the connection is being made.
        from patchwire.adapters.unreadable import become_unreadable
        from patchwire.adapters.workspace import open_workspace

        if self._workspace is None:
            await asyncio.to_thread(become_unreadable)  # before anything of the repository runs
            self._workspace = await open_workspace(
                snapshot,
                test_command=self.test_command,
                test_reports=self.test_reports,
                environment=self.environment,
                wish=self._wish(),
            )
            await self.approve(self._workspace.isolation)
            if not pending:
                return self._workspace
        await self._workspace.refresh(snapshot, pending)
        return self._workspace

    async def _drop_workspace(self) -> None:
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            await workspace.aclose()

    def _talk(self, service: ServiceConnection) -> Conversation:
        if self._conversation is None:
            definitions = [tool.definition() for tool in tools.offered(commands=self._commands)]
            key = f"patchwire-{uuid.uuid4().hex}"
            settings = self.settings
            request = prompt.request(
                settings.model, settings.effort, definitions, key, service.unwelcome, store=settings.store
            )
            self._conversation = Conversation(request, taken_up(self.history) if self.history else ())
        return self._conversation

    async def _foresee(self, root: Path) -> None:
        """Whether the conversation has `run_command`: it may begin before the workspace is there. Raises TurnError."""
        if self._conversation is not None or not self.settings.run_command:
            return
        if self._workspace is not None:
            self._commands = self._workspace.isolation.commands
        else:
            from patchwire.adapters.isolation import foreseen

            self._commands = (await asyncio.to_thread(foreseen, root, self._wish())).commands

    def _wish(self) -> "Wish":
        from patchwire.adapters.isolation import Wish

        return Wish(self.settings.isolation, self.settings.least_isolation, self.settings.grants)

    def _write_down(self, service: ServiceConnection) -> Record:
        if self._record is None:
            journal: Journal = NoJournal()
            if self.journal_id is not None:
                journal = self._file = JournalFile(self.journal_id, secret=lambda: service.credentials.last)
            self._record = Record(self._talk(service), journal)
        return self._record

    def decided(self) -> None:
        """The user has decided on all of the change: whoever takes the session up again need not offer it."""
        if self._file is not None:
            self._file.note("decided")

    async def drifted(self) -> tuple[str, ...]:
        """The files that the user has changed on disk since the last turn or run of the tests began."""
        return await self._workspace.drifted() if self._workspace is not None else ()

    def _let_journal_go(self) -> None:
        """It is written to its end beside whatever comes next."""
        file, self._file = self._file, None
        if file is not None and (of := self.journal_id) is not None:
            closing = self._closing[of] = asyncio.ensure_future(asyncio.to_thread(file.close))

            def closed(_: object) -> None:
                del self._closing[of]

            closing.add_done_callback(closed)

    async def _connect(self) -> ServiceConnection:
        if self._service is None:
            settings = self.settings
            base_url, key = settings.base_url, settings.api_key
            if settings.offline:
                base_url, key = await self._serve_offline()
            self._service = ServiceConnection(
                base_url,
                settings.model.name,
                KeyCommand(settings.key_command) if settings.key_command else FixedKey(key),
                self.connections.known(base_url),
                mode=settings.transport,
                organization=settings.organization,
                project=settings.project,
                tap=self.tap,
            )
            self._resources.push_async_callback(self._service.aclose)
        return self._service

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
