"""What a level of isolation is: where the agent's files are, and how a command that uses them is confined.

`overlay` lays the agent's files over the user's tree at its own path, in a sandbox, and copies nothing; `patch-only` is
the same and runs nothing (`overlay_level`). `bind` shows a copy at the tree's own path, in a sandbox; `copy` is a copy
beside the tree, without a sandbox; `container` is the same where the user says that the machine itself is disposable
(`copy_level`). Which one it is to be is decided elsewhere (`isolation`), and what is run is the runners' business.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from patchwire.adapters.paths import Roots
from patchwire.adapters.runners.place import Place
from patchwire.adapters.sandbox import Sandbox
from patchwire.adapters.shadow_git import Content, ShadowGit
from patchwire.adapters.written import Files
from patchwire.task import Isolation

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
        """Where one run of the tests happens; `files` are there at its beginning; who is live needs no names."""

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


def mode(files: Files, path: str) -> str:
    """The git mode of a file, or of one that is yet to be made."""
    return (files.load(path) or Content(b"")).mode
