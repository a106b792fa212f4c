"""The level at which the user's own tree lies, untouched, below the agent's layer; as `patch-only` it runs nothing.

Every run and every scratch has a layer of its own on top, which is thrown away. Knows nothing of how a layer is written
(`overlay`), nor of how it is mounted (`supervise`).
"""

import contextlib
import itertools
import os
import stat
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from patchwire.adapters import levels, state
from patchwire.adapters.levels import Ground, Left, Run, Scratch
from patchwire.adapters.listing import Listing
from patchwire.adapters.overlay import Layer, left_by_run
from patchwire.adapters.paths import Roots
from patchwire.adapters.process import Overlay
from patchwire.adapters.runners.guard import is_guarded
from patchwire.adapters.runners.place import PROBE, Place
from patchwire.adapters.shadow_git import Content, ShadowGit
from patchwire.adapters.written import Plain
from patchwire.errors import ToolError
from patchwire.task import Isolation

_NO_LITTER = frozenset(["__pycache__", ".pytest_cache", ".hypothesis", ".benchmarks", ".git"])
"""Caches that pytest and its plugins leave in any tree and look through before they believe them; and a mount."""


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
        ours = os.listdir(self._agent)  # noqa: PTH208  # names are all we want
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
            left = left_by_run(run / "upper", self.files, is_guarded)
            return tuple(sorted(path for path, _ in left if self.files.status(path) is not None))

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
        return levels.mode(self._level.files, path)

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
