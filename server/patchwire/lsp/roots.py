"""The workspace roots: of each its session, its queue of turns, its pending change and its last test report.

Turns of one root go one after another, those of different roots at the same time. What has begun can be ended: by the
command, by its progress, by its request. Knows no LSP type.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from patchwire.adapters.connections import Connections
from patchwire.adapters.journal import new_id
from patchwire.agent.inbox import Inbox
from patchwire.lsp.pending import PendingChange
from patchwire.lsp.progress import Bar
from patchwire.session import Session
from patchwire.settings import Settings
from patchwire.task import Isolation, TestReport

T = TypeVar("T")


class Cancelled(Exception):
    """The work was ended before it came to anything."""


@dataclass(slots=True, eq=False)
class Work:
    """One thing that is done in a root and can be ended: a turn, or a run of the tests."""

    id: str
    root: "Root"
    prompt: str
    bar: Bar
    _task: asyncio.Task[Any] | None = field(default=None, init=False)
    _ended: bool = field(default=False, init=False)
    stop: Callable[[], None] | None = field(default=None, init=False)
    """Ends what runs in a gentle way, where there is one: with what was reached by then."""
    inbox: Inbox = field(default_factory=Inbox, init=False)
    """What the user says to it, from its very beginning; closed where nobody will listen."""

    @property
    def ended(self) -> bool:
        """Whether somebody ended it."""
        return self._ended

    def cancel(self) -> None:
        """End it."""
        self._ended = True
        self.inbox.close()
        if self.stop is not None:
            self.stop()
        elif self._task is not None:
            self._task.cancel()

    async def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Do it in a task of its own; when ours is cancelled it is ended gently. Raises Cancelled."""
        task = self._task = asyncio.ensure_future(coroutine)
        while True:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.cancelled():
                    raise Cancelled from None
                if (ours := asyncio.current_task()) is not None:
                    ours.uncancel()
                self.cancel()


@dataclass(slots=True, eq=False)
class Root:
    """One workspace folder. `environment` is what child processes may inherit from."""

    path: Path
    connections: Connections
    read: Callable[[str], str | None]
    pending: PendingChange = field(init=False)
    report: TestReport | None = field(default=None, init=False)
    """The last whole run of the tests on what the user has."""
    after: TestReport | None = field(default=None, init=False)
    """What the last turn's run of the tests said of the tree with its change in place."""
    isolation: Isolation | None = field(default=None, init=False)
    works: list[Work] = field(default_factory=list, init=False)
    """What runs and what waits, in order."""
    session: Session | None = field(default=None, init=False)
    approved: set[str] = field(default_factory=set, init=False)
    """What the user was asked about this root and agreed to."""
    seen: dict[str, str] = field(default_factory=dict, init=False)
    """The open documents as the last turn saw them."""
    queue: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """Whose turn it is: first come, first served."""

    def __post_init__(self) -> None:
        self.pending = PendingChange(self.path, self.read)

    @property
    def uri(self) -> str:
        """The folder's URI."""
        return self.path.as_uri()

    @property
    def running(self) -> Work | None:
        """What runs now."""
        return self.works[0] if self.works else None

    async def open_session(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        test: str | None,
        approve: Callable[["Root", Isolation], Awaitable[None]],
        *,
        goes_on: bool,
    ) -> Session:
        """The session for the next turn: the one there is, unless other settings need another.

        Without `goes_on` the turn begins a conversation of its own.
        """
        session = self.session
        journal_id = new_id() if settings.journal else None
        if session is None or session.settings != settings:
            history = session.transcript if session is not None and goes_on else ()
            if session is not None:
                journal_id = session.journal_id if goes_on else journal_id
                await session.aclose()
            session = self.session = Session(
                settings,
                environment,
                test,
                connections=self.connections,
                journal_id=journal_id,
                history=history,
                approve=lambda isolation: approve(self, isolation),
            )
        elif not goes_on or not session.transcript:
            await session.begin(journal_id)
        await session.use_test_command(test)
        return session

    async def aclose(self) -> None:
        """End what runs, and leave nothing behind."""
        for work in list(self.works):
            work.cancel()
        async with self.queue:
            session, self.session = self.session, None
            if session is not None:
                await session.aclose()


@dataclass(slots=True)
class Roots:
    """All roots, made when they are first needed. `read` gives the text of a file as the user has it."""

    read: Callable[[Path], str | None]
    _roots: dict[Path, Root] = field(default_factory=dict, init=False)
    _connections: Connections = field(default_factory=Connections, init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), init=False)

    def __iter__(self) -> Iterator[Root]:
        return iter(list(self._roots.values()))

    def get(self, path: Path) -> Root:
        """The root at a path."""
        if path not in self._roots:
            self._roots[path] = Root(path, self._connections, lambda name: self.read(path / name))
        return self._roots[path]

    def next_id(self) -> str:
        """An id for the next turn."""
        return str(next(self._numbers))

    async def keep(self, paths: list[Path]) -> None:
        """The folders that are open now; what was begun in others ends."""
        for path in [path for path in self._roots if path not in paths]:
            await self._roots.pop(path).aclose()

    async def aclose(self) -> None:
        """End everything."""
        await asyncio.gather(*(root.aclose() for root in self))
