"""The levels of isolation: for each, where the agent's files are, and how a command that uses them is confined.

`overlay` lays the agent's files over the user's tree at its own path, in a sandbox, and copies nothing. `bind` shows a
copy at the tree's own path, in a sandbox. `copy` is a copy beside the tree, without a sandbox; `container` is the same
where the user says that the machine itself is disposable. `patch-only` runs nothing. Which one it is to be is decided
elsewhere (`isolation`), and what is run is the runners' business.
"""

import contextlib
import itertools
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from patchwire.adapters import state
from patchwire.adapters.copying import TreeCopy, clone_tree
from patchwire.adapters.listing import Listing
from patchwire.adapters.overlay import Layer, left_by_run
from patchwire.adapters.paths import Roots
from patchwire.adapters.process import Confinement, Overlay
from patchwire.adapters.runners.guard import Guard, is_guarded
from patchwire.adapters.runners.place import PROBE, Place
from patchwire.adapters.sandbox import Sandbox, limits
from patchwire.adapters.shadow_git import Content, ShadowGit
from patchwire.adapters.written import Files, Plain
from patchwire.errors import ToolError
from patchwire.task import Isolation

_NO_LITTER = frozenset(["__pycache__", ".pytest_cache", ".hypothesis", ".benchmarks", ".git"])
"""Caches that pytest and its plugins leave in any tree and look through before they believe them; and a mount."""

Left = Iterator[tuple[str, Content | str | None]]
"""What a run left behind: by path what a file holds now, None where it was deleted, or why it is no file."""


class Scratch(Protocol):
    """A state of the tree apart from the workspace's, in which candidates are tried. A warm pytest lives in `place`."""

    @property
    def place(self) -> Place:
        """Where a process may live for long."""

    @property
    def lacking(self) -> Mapping[str, Content | None]:
        """What a process in `place` does not see of what the agent has written: to be laid there for each run."""

    def holding(
        self, files: Mapping[str, Content | None]
    ) -> contextlib.AbstractContextManager[tuple[Place, dict[str, Content | None]]]:
        """For a while, let these files be so: where to start a process that sees it, and what one in `place` lacks."""

    def mode(self, path: str) -> str:
        """The git mode of a file, or of one that is yet to be made."""

    def update(self, written: Mapping[str, Content | None]) -> list[str] | None:
        """Let it have what the agent has written since: the paths that differed; None where only a new one can be."""

    def blank(self, paths: Iterable[str]) -> None:
        """Let these files be empty, for whatever runs in `place`."""

    def left(self) -> Left:
        """What the processes in `place` have changed."""

    def close(self) -> None:
        """Remove it."""


class Level(Protocol):
    """One level of isolation on one tree. All calls block."""

    isolation: Isolation
    roots: Roots
    runs: bool
    """Whether anything can be run."""
    live: bool
    """Whether the user's tree itself lies below the agent's files, and what they save shows through."""

    @property
    def files(self) -> Files:
        """The agent's files over the tree's."""

    def begin(self, stop: threading.Event) -> None:
        """Take the tree as it is now; forget the agent's files."""

    def names(self) -> tuple[str, ...]:
        """The files of the user's tree to list and search, sorted, without what the agent wrote."""

    def searched(self, files: set[str]) -> list[tuple[ShadowGit, list[str]]]:
        """Where to search which of these files."""

    def top(self) -> contextlib.AbstractContextManager[Path]:
        """A directory whose own files (not those further down) are what they are in the workspace now."""

    def run(self, files: Collection[str]) -> contextlib.AbstractContextManager["Run"]:
        """Where one run of the tests happens; `files` are there at its beginning."""

    def scratch(self, written: Mapping[str, Content | None]) -> Scratch:
        """A new scratch that has what the agent wrote."""

    def close(self) -> None:
        """Remove everything."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run happens, and what tells afterwards which of the files that judge it were written by it."""

    place: Place
    rewritten: Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every level starts from: the user's tree, a directory of ours, their environment, and the sandbox."""

    original: Path
    private: Path
    environment: Mapping[str, str]
    sandbox: Sandbox | None = None
    cache: Path | None = None
    passed: tuple[str, ...] = ()

    @property
    def real(self) -> Path:
        """The tree without links in its path."""
        return self.original.resolve()


class CopyLevel:
    """A copy of the tree beside it; with a sandbox the copy is shown at the tree's own path (`bind`)."""

    runs = True
    live = False

    def __init__(self, ground: Ground, isolation: Isolation) -> None:
        self.isolation = isolation
        self._ground = ground
        root = ground.private / "copy" / (ground.original.name or "tree")  # some tests look at their directory's name
        self._copy = TreeCopy(ground.original, root)
        self._root = root
        self._names: tuple[str, ...] = ()
        self._bound_back: tuple[str, ...] = ()
        self.roots = Roots(root, ground.original)
        self.files = Plain(root)
        self._git = ShadowGit(ground.private / "shadow.git", root)
        self._numbers = itertools.count()

    def begin(self, stop: threading.Event) -> None:
        """See `Level`."""
        copied = self._copy.sync(stop)
        self._names, self._bound_back = copied.files, (*copied.environments, *copied.left_out)

    def names(self) -> tuple[str, ...]:
        """See `Level`."""
        return self._names

    def searched(self, files: set[str]) -> list[tuple[ShadowGit, list[str]]]:
        """See `Level`."""
        return [(self._git, sorted(files))]

    @contextlib.contextmanager
    def top(self) -> Iterator[Path]:
        """See `Level`."""
        yield self._root

    @contextlib.contextmanager
    def run(self, files: Collection[str]) -> Iterator[Run]:
        """See `Level`."""
        yield Run(self.place_at(self._root, self._ground.private / "run"), Guard(self._root, files).changed)

    def place_at(self, copy: Path, private: Path) -> Place:
        """Where processes use one copy."""
        ground = self._ground
        temporary = private / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        place = Place(
            copy, ground.original, private, ground.environment, Confinement(limits=limits()), passed=ground.passed
        )
        if ground.sandbox is None:
            return place
        confinement = ground.sandbox.around(
            private=private,
            temporary=temporary,
            copy=copy,
            bound_back=self._bound_back,
            readable=[PROBE],
            writable=[ground.cache] if ground.cache else [],
        )
        return replace(place, root=ground.real, confinement=confinement, cache=ground.cache)

    def scratch(self, written: Mapping[str, Content | None]) -> Scratch:
        """See `Level`."""
        private = self._ground.private / f"scratch-{next(self._numbers)}"
        clone_tree(self._root, private / "copy" / self._root.name)
        return _CopyScratch(self, private, private / "copy" / self._root.name)

    def close(self) -> None:
        """See `Level`."""
        state.remove(self._ground.private / "copy")


class _CopyScratch:
    def __init__(self, level: CopyLevel, private: Path, root: Path) -> None:
        self._private, self._files = private, Plain(root)
        self._level_files = level.files
        self.place = level.place_at(root, private)
        self.lacking: Mapping[str, Content | None] = {}

    @contextlib.contextmanager
    def holding(self, files: Mapping[str, Content | None]) -> Iterator[tuple[Place, dict[str, Content | None]]]:
        before = {path: self._files.load(path) for path in files}
        try:
            for path, content in files.items():
                self._files.store(path, content)
            yield self.place, {}
        finally:
            for path, content in before.items():
                self._files.store(path, content)

    def mode(self, path: str) -> str:
        return _mode(self._files, path)

    def update(self, written: Mapping[str, Content | None]) -> list[str] | None:
        changed = [path for path, content in written.items() if self._files.load(path) != content]
        for path in changed:
            self._files.store(path, written[path])
        return changed

    def blank(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._files.store(path, Content(b""))

    def left(self) -> Left:
        yield from _differences(self._files, self._level_files)

    def close(self) -> None:
        state.remove(self._private)


def _mode(files: Files, path: str) -> str:
    return (files.load(path) or Content(b"")).mode


def _differences(now: Plain, before: Plain) -> Left:
    theirs, ours = (set(Listing(tree.root).walked()) for tree in (now, before))
    for path in sorted(ours - theirs):
        yield path, None
    for path in sorted(theirs):
        found, known = now.status(path), before.status(path) if path in ours else None
        if found is None or (known and (found.st_size, found.st_mtime_ns) == (known.st_size, known.st_mtime_ns)):
            continue
        try:
            content = now.load(path)
            if known is None or content != before.load(path):
                yield path, content
        except ToolError as error:
            yield path, str(error)


class OverlayLevel:
    """The agent's layer over the user's own tree. Every run has a layer of its own on top, thrown away afterwards.

    Without a sandbox nothing can be run (`patch-only`).
    """

    live = True

    def __init__(self, ground: Ground, isolation: Isolation) -> None:
        self.isolation = isolation
        self.runs = ground.sandbox is not None
        self._ground = ground
        self.roots = Roots(ground.real, ground.original)
        self._agent = ground.private / "agent"
        self._agent.mkdir(exist_ok=True)
        self.files = Layer(self._agent, Plain(ground.real))
        self._git = ShadowGit(ground.private / "shadow.git", ground.real)
        self._layer_git = ShadowGit(ground.private / "layer.git", self._agent)
        self._numbers = itertools.count()
        self._sweeper = ThreadPoolExecutor(1, "patchwire-sweep")

    def begin(self, stop: threading.Event) -> None:
        """See `Level`."""
        state.remove(self._agent)
        self._agent.mkdir()

    def names(self) -> tuple[str, ...]:
        """See `Level`."""
        return Listing(self._ground.real).shown()

    def searched(self, files: set[str]) -> list[tuple[ShadowGit, list[str]]]:
        """See `Level`."""
        ours = set(self.files.files())
        return [(self._git, sorted(files - ours)), (self._layer_git, sorted(files & ours))]

    @contextlib.contextmanager
    def top(self) -> Iterator[Path]:
        """See `Level`."""
        ours = os.listdir(self._agent)  # noqa: PTH208
        if not any(stat.S_ISREG((self._agent / name).lstat().st_mode) for name in ours):
            yield self._ground.real
            return
        with tempfile.TemporaryDirectory(prefix="top-", dir=self._ground.private) as name:
            for entry in self.files.names_in(""):
                at = self._agent if entry in ours else self._ground.real
                Path(name, entry).symlink_to(at / entry)
            yield Path(name)

    @contextlib.contextmanager
    def run(self, files: Collection[str]) -> Iterator[Run]:
        """See `Level`."""
        run = self.run_directory()

        def rewritten() -> tuple[str, ...]:
            left = left_by_run(run / "upper", self.files)
            return tuple(path for path, _ in left if path in files and is_guarded(path))

        try:
            yield Run(self.place_in(run), rewritten)
        finally:
            self.throw_away(run)

    def run_directory(self) -> Path:
        """A new directory for one run."""
        run = self._ground.private / "runs" / str(next(self._numbers))
        for name in ("upper", "work", "private/tmp"):
            (run / name).mkdir(parents=True)
        return run

    def freeze(self, run: Path) -> Layer:
        """The agent's layer as it is now, kept in a run's directory: the agent's own may change meanwhile.

        It costs no room: our files are replaced as a whole, never written into, so two names of one will do.
        """
        frozen = run / "agent"
        for directory, _, names in os.walk(self._agent):
            to = frozen / Path(directory).relative_to(self._agent)
            to.mkdir()
            for name in names:
                os.link(Path(directory, name), to / name, follow_symlinks=False)
        return Layer(frozen, self.files.below)

    def place_in(self, run: Path, agent: Path | None = None) -> Place:
        """Where processes use the tree with one run's layer on top, over the agent's (or what it was when frozen)."""
        ground = self._ground
        assert ground.sandbox is not None  # noqa: S101  # else `runs` is False
        lower = (str(agent or self._agent), str(ground.real))
        overlay = Overlay(lower, str(run / "upper"), str(run / "work"), str(ground.real))
        confinement = ground.sandbox.around(
            private=run / "private",
            temporary=run / "private" / "tmp",
            overlay=overlay,
            readable=[PROBE],
            writable=[ground.cache] if ground.cache else [],
        )
        return Place(
            ground.real,
            ground.original,
            run / "private",
            ground.environment,
            confinement,
            ground.cache,
            ground.passed,
            run / "upper",
        )

    def throw_away(self, run: Path) -> None:
        """Remove a run's directory, when there is time."""
        self._sweeper.submit(state.remove, run)

    def scratch(self, written: Mapping[str, Content | None]) -> Scratch:
        """See `Level`."""
        return _OverlayScratch(self)

    def close(self) -> None:
        """See `Level`."""
        self._sweeper.shutdown(wait=True, cancel_futures=True)


class _OverlayScratch:
    """Nothing below a mounted layer may change, so `place` stands over the agent's layer as it was at first."""

    def __init__(self, level: OverlayLevel) -> None:
        self._level = level
        self._run = level.run_directory()
        self._below = level.freeze(self._run)
        self.place = level.place_in(self._run, self._below.directory)
        self.lacking: Mapping[str, Content | None] = {}

    @contextlib.contextmanager
    def holding(self, files: Mapping[str, Content | None]) -> Iterator[tuple[Place, dict[str, Content | None]]]:
        run = self._level.run_directory()
        try:
            candidate = Layer(run / "upper", self._level.files)
            for path, content in files.items():
                candidate.store(path, content)
            yield self._level.place_in(run), {**self.lacking, **files}
        finally:
            self._level.throw_away(run)

    def mode(self, path: str) -> str:
        return _mode(self._level.files, path)

    def update(self, written: Mapping[str, Content | None]) -> list[str] | None:
        try:
            before = {path: self._load(path) for path in written}
            self.lacking = {path: content for path, content in written.items() if content != before[path]}
            if self._is_littered() or not all(self._is_laid(*each, before[each[0]]) for each in self.lacking.items()):
                return None
        except OSError:
            return None  # what runs have left cannot even be looked at
        return list(self.lacking)

    def _is_littered(self) -> bool:
        """Whether runs have left something here, which a cold run would not see."""
        upper = self._run / "upper"
        for directory, names, _ in os.walk(upper):
            names[:] = [name for name in names if name not in _NO_LITTER]
            paths = (Path(directory, name).relative_to(upper).as_posix() for name in names)
            if any(self._below.status(path) is None for path in paths):
                return True
        return any(_NO_LITTER.isdisjoint(path.split("/")) and now != self._load(path) for path, now in self.left())

    def _load(self, path: str) -> Content | None:
        with contextlib.suppress(ToolError):
            return self._below.load(path)
        return None

    def _is_laid(self, path: str, content: Content | None, before: Content | None) -> bool:
        """Whether a text laid over a file, and taken away again, is all of this change: no directory comes or goes."""
        if content is None or before is not None:
            return content is not None and before is not None and before.mode == content.mode
        if self._below.status(path) is not None or os.path.lexists(self._below.directory / path):
            return False
        parent = path.rpartition("/")[0]
        return not parent or self._below.status(parent) is not None

    def blank(self, paths: Iterable[str]) -> None:
        layer = Layer(self._run / "upper", self._below)
        for path in paths:
            layer.store(path, Content(b""))

    def left(self) -> Left:
        yield from left_by_run(self._run / "upper", self._below)

    def close(self) -> None:
        self._level.throw_away(self._run)
