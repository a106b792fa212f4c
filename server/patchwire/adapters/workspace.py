"""The workspace: what the agent reads, writes and tests, and what becomes the patch. Fulfils `ports.Workspace`.

Where the files are and how runs are confined is the level's business (`levels`); what is the same at every level is
here: one thing at a time, the state that changes are measured from, and what a run may not have done. A `git worktree`
would need the user's git directory: it shows up in their worktree list, runs their checkout hooks, knows nothing of
uncommitted and untracked files, and does not exist without a commit.

The patch holds what was written through `write` (or kept of a command), never what tests leave lying about.
"""

import asyncio
import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from patchwire.adapters import caches, drift, finding, isolation, programs, sandbox_probe, state
from patchwire.adapters.caches import Cache
from patchwire.adapters.commands import run_shell
from patchwire.adapters.copying import Stopped
from patchwire.adapters.hidden import Hidden, hidden_files, without_values
from patchwire.adapters.isolation import Wish
from patchwire.adapters.levels import Ground, Level
from patchwire.adapters.listing import Listing as TreeListing
from patchwire.adapters.names import Names
from patchwire.adapters.reading import read_text
from patchwire.adapters.runners.command import Command, resolve
from patchwire.adapters.runners.suite import Suite
from patchwire.adapters.shadow_git import ShadowGit
from patchwire.adapters.trials import SMALL_TREE, Baseline, Trials, first_targets
from patchwire.adapters.written import Plain, Written
from patchwire.errors import ToolError, WorkspaceError
from patchwire.patch.model import FileChange
from patchwire.ports import Candidate, CommandRun, FileText, Hits, Listing, TestRun, Trial
from patchwire.task import Isolation, Snapshot, TestReport, Verdict

RUN_SECONDS = 300.0
WARM_FROM_SECONDS = 1.0
"""A run that takes so long besides its tests is worth keeping warm."""
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
        self._level, self._close = level, close
        self._original, self._suite = original, suite
        self._written = Written(level.files)
        self._hidden = Hidden()
        self._cleaned: Callable[[str], str] | None = None
        self.private = private
        """Our own directory, gone with the workspace."""
        self._git = ShadowGit(private / "patch.git", private)
        self._names = Names(level.names)
        self._opened_at = self._looked_at = 0
        self._buffers: dict[str, bytes] = {}
        self._busy = asyncio.Lock()
        self._last_whole: TestReport | None = None
        self._modules: tuple[str, ...] = ()
        self._overhead = 0.0
        self._trials = Trials(level.scratch)
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
            await self._trials.aclose()
            await _in_thread(self._begin)
            await self._names.forget()
            self._buffers = {
                self._level.roots.locate(buffer.path): buffer.text.encode("utf-8", "surrogatepass")
                for buffer in snapshot.buffers
            }
            for path, data in self._buffers.items():
                self._written.put(path, data)
        wanted = [(path, text) for path, text in pending if text is not None or self._is_there(path)]
        if wanted:
            try:
                await self.write(wanted)
            except ToolError as error:
                raise WorkspaceError(f"the pending change cannot be put in place: {error}") from error

    def _begin(self, stop: threading.Event) -> None:
        """All that a turn begins with, in one thread: every way there and back is felt between command and request."""
        self._opened_at = self._looked_at = drift.moment(self.private)
        self._level.begin(stop)
        self._hidden = Hidden.of(self._original)
        self._cleaned = None
        self._written = Written(self._level.files)
        self._last_whole = None
        self._suite.settle()

    def _is_there(self, path: str) -> bool:
        return self._level.files.load(self._level.roots.locate(path)) is not None

    async def drifted(self) -> tuple[str, ...]:
        """See the port."""
        names = await self._names.all()
        return tuple(await asyncio.to_thread(self._changed_since, self._opened_at, names))

    def _changed_since(self, then: int, before: Sequence[str]) -> list[str]:
        root = self._original
        changed = drift.changed_since(root, then, before, TreeListing(root).shown())
        # A buffer that was saved meanwhile is what we began with.
        return [path for path in changed if path not in self._buffers or not _holds(root / path, self._buffers[path])]

    async def _files(self) -> set[str]:
        """The files that there are now, ours included."""
        files = set(await self._names.all()) | set(self._buffers)
        for path, content in self._written.current().items():
            (files.discard if content is None else files.add)(path)
        return files

    async def read(self, path: str) -> FileText:
        """See the port."""
        found = await read_text(self._level.roots, self._level.files, self._hidden, path)
        self._names.soon()
        return found

    async def list(self, under: str, limit: int) -> Listing:
        """See the port."""
        return finding.listed(self._level, self._hidden, await self._files(), under, limit)

    async def search(self, pattern: str, under: str, *, ignore_case: bool, limit: int) -> Hits:
        """See the port."""
        where = finding.Where(self._level, self._hidden, await self._files(), under)
        return await finding.search(where, pattern, ignore_case=ignore_case, limit=limit)

    async def write(self, files: Sequence[tuple[str, str | None]]) -> None:
        """See the port."""
        async with self._busy:
            wanted = {self._writable(path): text for path, text in files}
            await asyncio.to_thread(self._written.write, wanted)

    def _writable(self, path: str) -> str:
        """Where a write leads. What the model may not see it may not write either: the patch would show it."""
        located = self._level.roots.locate(path)
        self._hidden.check(path, located)
        return located

    async def _look_again(self) -> None:
        """Before a scratch is used again: what is mounted over the user's tree may not show what they saved since."""
        if self._level.live:
            then, self._looked_at = self._looked_at, await asyncio.to_thread(drift.moment, self.private)
            if await asyncio.to_thread(self._changed_since, then, await self._names.all()):
                await self._trials.aclose()

    async def run_tests(self, run: TestRun) -> TestReport:
        """See the port."""
        seconds = RUN_SECONDS if run.seconds is None else run.seconds
        targets = tuple(self._target(target) for target in run.targets)
        originals = [self._level.roots.locate(path) for path in run.originals]
        async with self._busy:
            if (command := await self._command()) is None:
                return TestReport(Verdict.NO_TESTS, (), note="no tests are known here: name their command with --test")
            if not self._level.runs:
                return TestReport(
                    Verdict.INCONCLUSIVE, command.shown, note="nothing is run at the isolation level patch-only"
                )
            redefined = await asyncio.to_thread(self._redefined)
            with self._written.originals([*originals, *redefined]):
                warm = None if originals or redefined or run.trace else await self._warm(command, targets, seconds)
                report = warm or await self._run(command, targets, seconds, trace=run.trace)
            if redefined:
                note = f"{redefined[0]} says otherwise now, but the tests ran by the command as it was"
                report = replace(report, note="; ".join(filter(None, (report.note, note))))
            report = await self._without_secrets(report)
            if not targets and not originals:
                self._last_whole = report
            self._names.soon()
            return report

    async def _without_secrets(self, report: TestReport) -> TestReport:
        """The model reads what tests print, and tests may know what the model may not."""
        if not report.output and not report.failing:
            return report
        clean = await self._cleaner()
        results = (replace(each, message=clean(each.message)) if each.message else each for each in report.results)
        return replace(report, output=clean(report.output), results=tuple(results))

    async def _cleaner(self) -> Callable[[str], str]:
        if self._cleaned is None:
            self._cleaned = await asyncio.to_thread(without_values, self._original, self._hidden)
        return self._cleaned

    def _redefined(self) -> tuple[str, ...]:
        with self._level.top() as root:
            return self._suite.redefined(root)

    async def _run(self, command: Command, targets: Sequence[str], seconds: float, *, trace: bool) -> TestReport:
        files = set() if self._level.live else await self._files()
        with self._level.run(files) as run:
            ran = await self._suite.run(command, run.place, seconds, targets=targets, trace=trace)
            self._modules = ran.modules or self._modules
            report = ran.report
            self._overhead = report.seconds - sum(result.seconds for result in report.results)
            rewritten = await asyncio.to_thread(run.rewritten)
        if rewritten:
            if not self._level.live:
                await asyncio.to_thread(self._put_back, rewritten)
            report = replace(report, turned=(*report.turned, *rewritten))
        return report

    async def _warm(self, command: Command, targets: Sequence[str], seconds: float) -> TestReport | None:
        """Some tests once more, where imports are most of what a run takes. All tests are run cold, always."""
        if not targets or self._overhead < WARM_FROM_SECONDS:
            return None
        files = await self._files()
        if len(files) > SMALL_TREE and not self._level.live:
            return None
        await self._look_again()
        return await self._trials.run_targets(
            command,
            targets,
            modules=self._modules,
            written=self._written.current(),
            files=sorted(files),
            seconds=seconds,
        )

    def _put_back(self, paths: Sequence[str]) -> None:
        """Make files again what they were before a run wrote to them."""
        written, original = self._written.current(), Plain(self._original)
        for path in paths:
            if path in self._buffers and path not in written:
                self._written.put(path, self._buffers[path])
            else:
                self._level.files.store(path, written[path] if path in written else original.load(path))

    def _target(self, target: str) -> str:
        path, colons, rest = target.partition("::")
        return (self._level.roots.relative(path) or ".") + colons + rest

    async def _command(self) -> Command | None:
        if self._suite.definition is None:
            self._suite.settle(await self._files())
        return self._suite.command()

    async def try_patches(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float
    ) -> tuple[Trial, ...]:
        """See the port."""
        deadline = time.monotonic() + seconds
        checked = [
            Candidate(tuple((self._writable(path), text) for path, text in candidate.files)) for candidate in candidates
        ]
        wanted = tuple(self._target(target) for target in targets)
        async with self._busy:
            if (command := await self._command()) is None or not self._level.runs:
                raise ToolError("no tests can be run here: there is nothing to try patches against")
            if self._last_whole is None:
                self._last_whole = await self._run(command, (), seconds, trace=False)
            before = self._last_whole
            if not wanted and before.verdict is Verdict.PASSED:
                raise ToolError("no test failed in the last whole run: name the targets")
            await self._look_again()
            trials = await self._trials.run(
                checked,
                Baseline(before, wanted or first_targets(before)),
                command,
                modules=self._modules,
                written=self._written.current(),
                files=sorted(await self._files()),
                seconds=deadline - time.monotonic(),
            )
            clean = await self._cleaner()
            return tuple(replace(trial, detail=clean(trial.detail)) for trial in trials)

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        """See the port."""
        if not self.isolation.commands:
            raise ToolError(f"no commands are run at the isolation level {self.isolation.level}")
        directory = finding.directory(self._level, cwd)
        async with self._busy:
            hidden = await asyncio.to_thread(hidden_files, self._original, self._hidden)
            return await run_shell(
                self._level, self._written, self._writable, command, directory, seconds, keep=keep, hidden=hidden
            )

    async def changes(self) -> tuple[FileChange, ...]:
        """See the port."""
        return self._written.changes()

    async def patch(self) -> bytes:
        """See the port."""
        before, after = self._written.sides()
        if not before:
            return b""
        return await asyncio.to_thread(self._git.patch, before, after)

    async def aclose(self) -> None:
        """See the port."""
        if self._closed:
            return
        self._closed = True
        await self._trials.aclose()
        await self._names.forget()
        await asyncio.to_thread(self._close)


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except OSError:
        return False


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
