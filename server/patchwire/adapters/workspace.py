"""The workspace: what the agent reads, writes and tests, and what becomes the patch. Fulfils `ports.Workspace`.

Where the files are and how runs are confined is the level's business (`levels`), what is seen of the tree that of
`view`, and running its tests that of `runs`; here is what holds them together: one thing at a time, and an end that
leaves nothing. A `git worktree` would need the user's git directory: it shows up in their worktree list, runs their
checkout hooks, knows nothing of uncommitted and untracked files, and does not exist without a commit.

The patch holds what was written through `write` (or kept of a command), never what tests leave lying about.
"""

import asyncio
import contextlib
import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

from patchwire.adapters import caches, finding, isolation, programs, sandbox_probe, state
from patchwire.adapters.caches import Cache
from patchwire.adapters.commands import run_shell
from patchwire.adapters.copying import Stopped
from patchwire.adapters.hidden import hidden_files
from patchwire.adapters.isolation import Wish
from patchwire.adapters.levels import Ground, Level
from patchwire.adapters.reading import read_text
from patchwire.adapters.runners.command import resolve
from patchwire.adapters.runners.suite import Suite
from patchwire.adapters.runs import Runs
from patchwire.adapters.shadow_git import ShadowGit
from patchwire.adapters.view import View
from patchwire.errors import ToolError, WorkspaceError
from patchwire.patch.model import FileChange
from patchwire.ports import Candidate, CommandRun, FileText, Hits, Listing, TestRun, Trial
from patchwire.task import Isolation, Snapshot, TestReport

T = TypeVar("T")


async def open_workspace(
    snapshot: Snapshot,
    *,
    test_command: str | None = None,
    test_reports: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    wish: Wish = isolation.BEST,
) -> "IsolatedWorkspace":
    """The tree as the snapshot shows it, unsaved buffers over the files, at the level of isolation that is wished for.

    `test_command` is what the user names with `--test` (None: detected), `test_reports` where it writes JUnit files, as
    patterns; `environment` is the user's (None: our own), of which a test process sees an allowed part. Raises
    WorkspaceError if there is no such tree, no room, or not the isolation that is asked for; SettingsError for a test
    command that is none.
    """
    original = _absolute(snapshot.root)
    variables = dict(os.environ if environment is None else environment)
    if test_command is not None:
        resolve(test_command, original, variables)
    making = asyncio.ensure_future(asyncio.to_thread(_level, original, variables, wish))
    try:
        level, private, held = await asyncio.shield(making)
    except asyncio.CancelledError:
        _, _, held = await making
        held.close()
        raise
    suite = Suite(original, variables, test_command, test_reports)
    workspace = IsolatedWorkspace(level, private, original, suite, held.close)
    try:
        await workspace.refresh(snapshot)
    except BaseException:
        await workspace.aclose()
        raise
    return workspace


def _absolute(root: Path) -> Path:
    original = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would lose the name that the user knows
    if not original.is_dir():
        raise WorkspaceError(f"{original} is not a directory")
    if not os.access(original, os.R_OK | os.X_OK):
        raise WorkspaceError(f"{original} cannot be read: Permission denied")
    if not (original / ".git").exists() and all((original / name).exists() for name in ("HEAD", "objects", "refs")):
        raise WorkspaceError(f"{original} is a bare git repository: there are no files to work on")
    if programs.find("git", outside=original) is None:
        raise WorkspaceError("git is not on the PATH: install it (Debian, Ubuntu: apt install git)")
    return original


def _level(original: Path, environment: Mapping[str, str], wish: Wish) -> tuple[Level, Path, contextlib.ExitStack]:
    """A level, the directory of our own that it lives in, and how to give back all that it holds."""
    machine = sandbox_probe.probe()
    chosen = isolation.choose(wish, machine, original)
    home = state.home()
    base = machine.layers if chosen.level == "overlay" and machine.layers else home
    workspaces = state.private(base / "workspaces")
    _sweep_once(workspaces)
    with contextlib.ExitStack() as held:
        held.callback(caches.sweep)
        cache = Cache.of(original)
        held.callback(cache.release)
        claim = state.Claim.new(workspaces)
        held.callback(claim.release)
        ground = Ground(original, claim.directory, environment, cache=cache.files)
        level = isolation.make(chosen, machine, wish.grants, ground, (home, base))
        held.callback(level.close)
        return level, claim.directory, held.pop_all()


@functools.cache
def _sweep_once(workspaces: Path) -> None:
    """Let what dead processes left be removed, beside all else; once for each process."""

    def sweep() -> None:
        state.sweep(workspaces)
        caches.sweep()

    threading.Thread(target=sweep, name="patchwire-sweep", daemon=True).start()


class IsolatedWorkspace:
    """A `ports.Workspace` on one tree. Use it as an async context manager, or call `aclose`."""

    def __init__(
        self,
        level: Level,
        private: Path,
        original: Path,
        suite: Suite,
        close: Callable[[], None],
    ) -> None:
        self._level = level
        self._view = View(level, original, private)
        self._runs = Runs(self._view, suite)
        self.private = private
        """Our own directory, gone with the workspace."""
        self._git = ShadowGit(private / "patch.git", private)
        self._busy = asyncio.Lock()
        self._close = close
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def isolation(self) -> Isolation:
        """See the port."""
        return self._level.isolation

    async def refresh(self, snapshot: Snapshot, pending: Sequence[tuple[str, str | None]] = ()) -> None:
        """See the port. Unsaved buffers lie over the files and are the state that changes are measured from."""
        async with self._busy:
            await self._runs.aclose()
            await _in_thread(self._begin)
            await self._view.lay(snapshot.buffers)
        wanted = [(path, text) for path, text in pending if text is not None or self._view.is_there(path)]
        if wanted:
            try:
                await self.write(wanted)
            except ToolError as error:
                raise WorkspaceError(f"the pending change cannot be put in place: {error}") from error

    def _begin(self, stop: threading.Event) -> None:
        """All that a turn begins with, in one thread: every way there and back is felt between command and request."""
        self._view.begin(stop)
        self._runs.begin()

    async def drifted(self) -> tuple[str, ...]:
        """See the port."""
        return await self._view.drifted()

    async def read(self, path: str) -> FileText:
        """See the port."""
        found = await read_text(self._level.roots, self._level.files, self._view.hidden, path)
        self._view.names.soon()
        return found

    async def list(self, under: str, limit: int) -> Listing:
        """See the port."""
        return finding.listed(self._level, self._view.hidden, await self._view.files(), under, limit)

    async def search(self, pattern: str, under: str, *, ignore_case: bool, limit: int) -> Hits:
        """See the port."""
        where = finding.Where(self._level, self._view.hidden, await self._view.files(), under)
        return await finding.search(where, pattern, ignore_case=ignore_case, limit=limit)

    async def write(self, files: Sequence[tuple[str, str | None]]) -> None:
        """See the port."""
        async with self._busy:
            wanted = {self._view.writable(path): text for path, text in files}
            await asyncio.to_thread(self._view.written.write, wanted)

    async def run_tests(self, run: TestRun) -> TestReport:
        """See the port."""
        async with self._busy:
            return await self._runs.tests(run)

    async def try_patches(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float
    ) -> tuple[Trial, ...]:
        """See the port."""
        async with self._busy:
            return await self._runs.candidates(candidates, targets, seconds)

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        """See the port."""
        if not self.isolation.commands:
            raise ToolError(f"no commands are run at the isolation level {self.isolation.level}")
        directory = finding.directory(self._level, cwd)
        async with self._busy:
            hidden = await asyncio.to_thread(hidden_files, self._view.original, self._view.hidden)
            view = self._view
            return await run_shell(
                self._level, view.written, view.writable, command, directory, seconds, keep=keep, hidden=hidden
            )

    async def changes(self) -> tuple[FileChange, ...]:
        """See the port."""
        return self._view.written.changes()

    async def patch(self) -> bytes:
        """See the port."""
        before, after = self._view.written.sides()
        if not before:
            return b""
        return await asyncio.to_thread(self._git.patch, before, after)

    async def aclose(self) -> None:
        """See the port."""
        if self._closed:
            return
        self._closed = True
        await self._runs.aclose()
        await self._view.names.forget()
        await asyncio.to_thread(self._close)


async def _in_thread(work: Callable[[threading.Event], T]) -> T:
    """Run blocking work in a thread; cancelling asks it to stop and waits until it has."""
    stop = threading.Event()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(Stopped, WorkspaceError):
            await task
        raise
