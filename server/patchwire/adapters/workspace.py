"""The isolated copy: what the agent reads, writes and tests, and what becomes the patch. Fulfils `ports.Workspace`.

The level is `copy`: a private copy (mode 0700) with a git directory of our own beside it. A `git worktree` would need
the user's git directory: it shows up in their worktree list, runs their checkout hooks, knows nothing of uncommitted
and untracked files, and does not exist without a commit. A copy has none of that and costs one pass over the files.

It is honest about what it is not: tests run as the same user with the network on, so they can reach what the user can.
The patch holds what was written through `write`, never what tests leave lying about.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from patchwire.adapters import drift
from patchwire.adapters.copying import Stopped, TreeCopy
from patchwire.adapters.hidden import Hidden
from patchwire.adapters.listing import Listing as TreeListing
from patchwire.adapters.paths import Roots
from patchwire.adapters.reading import read_text, without_secrets
from patchwire.adapters.runners.command import Command, resolve
from patchwire.adapters.runners.guard import Guard
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.suite import Suite
from patchwire.adapters.shadow_git import ShadowGit
from patchwire.adapters.trials import SMALL_TREE, Baseline, Trials, first_targets
from patchwire.adapters.written import Written, load, store
from patchwire.errors import ToolError, WorkspaceError
from patchwire.patch.model import FileChange
from patchwire.ports import Candidate, CommandRun, FileText, Hit, Hits, Listing, TestRun, Trial
from patchwire.task import Isolation, Snapshot, TestReport, Verdict

ISOLATION = Isolation("copy", "a private copy of your tree; same user, network on; not a sandbox", best=True)
RUN_SECONDS = 300.0
WARM_FROM_SECONDS = 1.0
"""A run that takes so long besides its tests is worth keeping warm."""
T = TypeVar("T")


def foreseen(environment: Mapping[str, str]) -> Isolation:
    """The isolation that a workspace will have, before there is one."""
    return ISOLATION


async def open_workspace(
    snapshot: Snapshot,
    *,
    test_command: str | None = None,
    test_reports: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> "CopiedWorkspace":
    """Copy the tree as the snapshot shows it, unsaved buffers over the files.

    `test_command` is what the user names with `--test` (None: detected), `test_reports` where it writes JUnit files, as
    patterns; `environment` is the user's (None: our own), of which a test process sees an allowed part. Raises
    WorkspaceError if there is no such tree or no room for the copy, SettingsError for a test command that is none.
    """
    place = _place(snapshot.root, os.environ if environment is None else environment)
    workspace = CopiedWorkspace(place, test_command, test_reports)
    try:
        if test_command is not None:
            resolve(test_command, place.original, place.environment)
        await workspace.refresh(snapshot)
    except BaseException:
        _remove(place.private)
        raise
    return workspace


def _place(root: Path, environment: Mapping[str, str]) -> Place:
    """Make the private directory; the copy in it keeps the tree's name, for some tests look at it."""
    original = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would lose the name that the user knows
    if not original.is_dir():
        raise WorkspaceError(f"{original} is not a directory")
    if not os.access(original, os.R_OK | os.X_OK):
        raise WorkspaceError(f"{original} cannot be read: Permission denied")
    temporary = environment.get("TMPDIR") or tempfile.gettempdir()
    try:
        private = Path(os.path.realpath(tempfile.mkdtemp(prefix="patchwire-", dir=temporary)))
    except OSError as error:
        raise WorkspaceError(f"no copy can be made in {temporary}: {error.strerror}") from error
    return Place(private / (original.name or "tree"), original, private, dict(environment))


class CopiedWorkspace:
    """A `ports.Workspace` on a private copy. Use it as an async context manager, or call `aclose`."""

    def __init__(self, place: Place, test_command: str | None, reports: Sequence[str] = ()) -> None:
        self._place = place
        self._roots = Roots(place.root, place.original)
        self._copy = TreeCopy(place.original, place.root)
        self._written = Written(place.root)
        self._hidden = Hidden()
        self._files: set[str] = set()
        self._opened: tuple[int, tuple[str, ...]] = (0, ())
        self._buffers: dict[str, bytes] = {}
        self._git = ShadowGit(place.private / "shadow.git", place.root)
        self._suite = Suite(place, test_command, reports)
        self._busy = asyncio.Lock()
        self._last_whole: TestReport | None = None
        self._modules: tuple[str, ...] = ()
        self._overhead = 0.0
        self._trials = Trials(place)
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @property
    def isolation(self) -> Isolation:
        """See the port."""
        return ISOLATION

    @property
    def root(self) -> Path:
        """Where the copy lies."""
        return self._place.root

    async def refresh(self, snapshot: Snapshot, pending: Sequence[tuple[str, str | None]] = ()) -> None:
        """See the port. Unsaved buffers lie over the files and are the state that changes are measured from."""
        async with self._busy:
            await self._trials.aclose()
            then = await asyncio.to_thread(drift.moment, self._place.private)
            copied = await _in_thread(self._copy.sync)
            self._hidden = await asyncio.to_thread(Hidden.of, self._place.original)
            self._opened = then, copied.files
            self._files = set(copied.files)
            self._written = Written(self._place.root)
            self._last_whole = None
            self._buffers = {
                self._roots.locate(buffer.path): buffer.text.encode("utf-8", "surrogatepass")
                for buffer in snapshot.buffers
            }
            for path, data in self._buffers.items():
                self._written.put(path, data)
                self._files.add(path)
            self._suite.settle(self._files)
        if wanted := [(path, text) for path, text in pending if text is not None or path in self._files]:
            try:
                await self.write(wanted)
            except ToolError as error:
                raise WorkspaceError(f"the pending change cannot be put in place: {error}") from error

    async def drifted(self) -> tuple[str, ...]:
        """See the port."""
        then, before = self._opened
        return tuple(await asyncio.to_thread(self._changed_since, then, before))

    def _changed_since(self, then: int, before: Sequence[str]) -> list[str]:
        root = self._place.original
        changed = drift.changed_since(root, then, before, TreeListing(root).shown())
        # A buffer that was saved meanwhile is what we began with.
        return [path for path in changed if path not in self._buffers or not _holds(root / path, self._buffers[path])]

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        """See the port."""
        raise ToolError(f"no commands are run at the isolation level {self.isolation.level}: run_tests runs the tests")

    async def read(self, path: str) -> FileText:
        """See the port."""
        return await read_text(self._roots, self._hidden, path)

    async def list(self, under: str, limit: int) -> Listing:
        """See the port."""
        directory = self._roots.relative(under)
        if directory and not (self._place.root / self._roots.locate(directory)).is_dir():
            raise ToolError(f"{directory} is not a directory of the tree")
        prefix = f"{directory}/" if directory else ""
        files = sorted(file for file in self._files if file.startswith(prefix) and not self._hidden.ignored(file))
        return Listing(tuple(files[:limit]), len(files))

    async def search(self, pattern: str, under: str, *, ignore_case: bool, limit: int) -> Hits:
        """See the port."""
        where = self._roots.relative(under)
        if not pattern or "\0" in pattern or "\n" in pattern:
            raise ToolError("the pattern must be one line of text")
        located = self._roots.locate(where)
        if not (self._place.root / located).exists():
            raise ToolError(f"{where}: no such file or directory")
        self._hidden.check(where, located)
        shown = sorted(filter(self._hidden.shown, self._files))
        found, more = await asyncio.to_thread(
            self._git.grep, pattern, shown, where, ignore_case=ignore_case, limit=limit
        )
        hits = [Hit(each.path, each.line, each.text) for each in found]
        return Hits(await asyncio.to_thread(without_secrets, self._place.root, hits), more)

    async def write(self, files: Sequence[tuple[str, str | None]]) -> None:
        """See the port."""
        async with self._busy:
            wanted = {self._writable(path): text for path, text in files}
            await asyncio.to_thread(self._written.write, wanted)
            for path, text in wanted.items():
                (self._files.discard if text is None else self._files.add)(path)

    def _writable(self, path: str) -> str:
        """Where a write leads. What the model may not see it may not write either: the patch would show it."""
        located = self._roots.locate(path)
        self._hidden.check(path, located)
        return located

    async def run_tests(self, run: TestRun) -> TestReport:
        """See the port."""
        seconds = RUN_SECONDS if run.seconds is None else run.seconds
        targets = tuple(self._target(target) for target in run.targets)
        originals = [self._roots.locate(path) for path in run.originals]
        async with self._busy:
            if (command := self._suite.command()) is None:
                return TestReport(Verdict.NO_TESTS, (), note="no tests are known here: name their command with --test")
            redefined = self._suite.redefined()
            with self._written.originals([*originals, *redefined]):
                warm = None if originals or redefined or run.trace else await self._warm(command, targets, seconds)
                report = warm or await self._run(command, targets, seconds, trace=run.trace)
            if redefined:
                note = f"{redefined[0]} says otherwise now, but the tests ran by the command as it was"
                report = replace(report, note="; ".join(filter(None, (report.note, note))))
            if not targets and not originals:
                self._last_whole = report
            return report

    async def _run(self, command: Command, targets: Sequence[str], seconds: float, *, trace: bool) -> TestReport:
        guard = Guard(self._place.root, self._files)
        ran = await self._suite.run(command, seconds, targets=targets, trace=trace)
        self._modules = ran.modules or self._modules
        report = ran.report
        self._overhead = report.seconds - sum(result.seconds for result in report.results)
        if rewritten := guard.changed():
            await asyncio.to_thread(self._put_back, rewritten)
            report = replace(report, turned=(*report.turned, *rewritten))
        return report

    async def _warm(self, command: Command, targets: Sequence[str], seconds: float) -> TestReport | None:
        """Some tests once more, where imports are most of what a run takes. All tests are run cold, always."""
        if not targets or self._overhead < WARM_FROM_SECONDS or len(self._files) > SMALL_TREE:
            return None
        return await self._trials.run_targets(
            command,
            targets,
            modules=self._modules,
            written=self._written.current(),
            files=sorted(self._files),
            seconds=seconds,
        )

    def _put_back(self, paths: Sequence[str]) -> None:
        """Make files again what they were before a run wrote to them."""
        written = self._written.current()
        for path in paths:
            if path in written:
                store(self._place.root, path, written[path])
            elif path in self._buffers:
                self._written.put(path, self._buffers[path])
            else:
                store(self._place.root, path, load(self._place.original, path))

    def _target(self, target: str) -> str:
        path, colons, rest = target.partition("::")
        return (self._roots.relative(path) or ".") + colons + rest

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
            if (command := self._suite.command()) is None:
                raise ToolError("no tests are known here: there is nothing to try patches against")
            if self._last_whole is None:
                self._last_whole = await self._run(command, (), seconds, trace=False)
            before = self._last_whole
            if not wanted and before.verdict is Verdict.PASSED:
                raise ToolError("no test failed in the last whole run: name the targets")
            return await self._trials.run(
                checked,
                Baseline(before, wanted or first_targets(before)),
                command,
                modules=self._modules,
                written=self._written.current(),
                files=sorted(self._files),
                seconds=deadline - time.monotonic(),
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
        await asyncio.to_thread(_remove, self._place.private)


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except OSError:
        return False


def _remove(directory: Path) -> None:
    """Remove a directory, also where tests have taken its rights away."""
    shutil.rmtree(directory, ignore_errors=True)
    if directory.exists():
        _open_up(directory)
        for at, names, _ in os.walk(directory):
            for name in names:  # before the walk looks into them
                _open_up(Path(at, name))
        shutil.rmtree(directory, ignore_errors=True)


def _open_up(directory: Path) -> None:
    with contextlib.suppress(OSError):
        if not directory.is_symlink():
            directory.chmod(0o700)


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
