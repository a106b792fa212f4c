"""All that we ask of git, through GitPython as a runner of commands: never its objects, never the user's index.

Two doors. `listing` reads the user's repository with `ls-files`, which runs nothing that the repository names (no hook,
no filter, no fsmonitor) and takes no lock. `ShadowGit` is a git directory of our own beside the copy: it searches the
copy and writes patches, and has no configuration, attributes or hooks but ours. So the user's index, refs, worktree
list and configuration stay untouched, and a tree without commits, or without git, is like any other.

GitPython costs up to a second to import, so it is imported at the first call. Call these from a thread.
"""

import contextlib
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from patchwire.adapters import programs
from patchwire.errors import ToolError, WorkspaceError

if TYPE_CHECKING:
    from git.cmd import Git

_NEUTRAL = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
}
_HARDENED = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null",
    "-c", "core.untrackedCache=false", "-c", "safe.directory=*",
)  # fmt: skip
_ATTRIBUTES = "* -filter !diff -text !eol -ident -working-tree-encoding\n"
_EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_SEARCH_SECONDS = 20.0
_LONGEST_LINE = 2000
_LONGEST_PATH = 4096
_GREP_LINE = re.compile(rb"(?P<path>[^\0]*)\0(?P<line>\d+)[\0:](?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one file and its git mode (`100644`, `100755`, `120000`)."""

    data: bytes
    mode: str = "100644"


@dataclass(frozen=True, slots=True)
class Found:
    """One line found by `ShadowGit.grep`."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """The files of a repository as git names them; one that ends in `/` is a directory (ignored, or nested)."""

    tracked: tuple[bytes, ...]
    untracked: tuple[bytes, ...]
    ignored: tuple[bytes, ...]


def listing(root: Path, *, ignored: bool = True) -> Names | None:
    """The names of the files under `root` as git sees them; None if it is not (or not really) in a repository.

    The ignored ones are only looked for where asked for.

    Raises WorkspaceError for a bare repository, which has no files.
    """
    kind = _git(root, "rev-parse", "--is-bare-repository", "--show-prefix")
    if kind is None:
        return None
    bare, _, prefix = kind.partition(b"\n")
    if bare == b"true":
        raise WorkspaceError(f"{root} is a bare git repository: there are no files to work on")
    tracked = _names(root, "--cached")
    if prefix.strip() and not tracked:
        return None  # a directory inside somebody else's repository, which may well ignore it
    left = _names(root, "--others", "--ignored", "--directory") if ignored else ()
    return Names(tracked, _names(root, "--others"), left)


def _names(root: Path, *which: str) -> tuple[bytes, ...]:
    found = _git(root, "ls-files", "-z", *which, "--exclude-standard") or b""
    return tuple(dict.fromkeys(name for name in found.split(b"\0") if name))


def _git(root: Path, *words: str) -> bytes | None:
    """What git printed about the user's repository; None if it failed."""
    if not os.access(root, os.X_OK):
        return None  # GitPython would silently ask about our own current directory instead
    status, output, _ = _run(root, (*_HARDENED, *words), _NEUTRAL)
    return output if status == 0 else None


def _run(
    directory: Path, words: Sequence[str], environment: dict[str, str], stdin: IO[bytes] | None = None
) -> tuple[int, bytes, str]:
    """Run git to its end: status, raw output, complaint."""
    result = _runner(directory).execute(
        _command(directory, words, environment),
        istream=cast("Any", stdin),
        with_extended_output=True,
        with_exceptions=False,
        as_process=False,
        stdout_as_string=False,
        strip_newline_in_stdout=False,
    )
    status, output, complaint = result
    return status, output, str(complaint)


def _runner(directory: Path) -> "Git":
    # GitPython looks for git when it is imported, and by PATH: an executable of the tree's must not be what it finds.
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = _program("git", directory)
    from git.cmd import Git  # late: it costs up to a second

    return Git(str(directory))


def _command(directory: Path, words: Sequence[str], environment: dict[str, str]) -> list[str]:
    """A git command in an environment of its own.

    GitPython can add variables but not take any away, and a stray GIT_DIR or GIT_INDEX_FILE (we may have been started
    by a git hook) would send us to the wrong place: hence `env -i`.
    """
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    assignments = [f"{name}={value}" for name, value in (kept | {"PATH": os.defpath} | environment).items()]
    return [_program("env", directory), "-i", *assignments, _program("git", directory), *words]


def _program(name: str, directory: Path) -> str:
    found = programs.find(name, outside=directory)
    if found is None:
        raise WorkspaceError(f"{name} is not on the PATH: install it (Debian, Ubuntu: apt install {name})")
    return str(found)


class ShadowGit:
    """A bare git directory of our own at `directory`, looking at the files of `worktree`. Made at the first use."""

    def __init__(self, directory: Path, worktree: Path) -> None:
        self._directory, self._worktree = directory, worktree
        self._made = False
        self._searches = 0
        self._guard = threading.Lock()

    def patch(self, before: dict[str, Content | None], after: dict[str, Content | None]) -> bytes:
        """What turns `before` into `after` (None: no such file), as git's own bytes, binary-safe, renames not shown."""
        self._make()
        with tempfile.TemporaryDirectory(dir=self._directory) as scratch:
            trees = [self._tree(side, Path(scratch), name) for name, side in (("old", before), ("new", after))]
        return self._ask(
            "diff-tree", "-r", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--no-color", "--src-prefix=a/", "--dst-prefix=b/", *trees,
        )  # fmt: skip

    def grep(
        self, pattern: str, paths: Iterable[str], under: str, *, ignore_case: bool, limit: int
    ) -> tuple[list[Found], bool]:
        """The lines of `paths` that match an extended regular expression, and whether there are more than `limit`.

        Raises ToolError for a bad pattern, and for a search that takes too long.
        """
        self._make()
        with self._guard:
            self._searches += 1
            index = f"search-{self._searches}"  # searches may run side by side
        self._list_in_index(paths, index)
        words = [
            "grep", "-n", "-I", "-z", "-E", "--no-color", "--no-textconv", "--full-name", "-m", str(limit + 1),
            *(["-i"] if ignore_case else []), "-e", pattern, "--",
            *([f":(literal){under}"] if under else []),
        ]  # fmt: skip
        process = cast(
            "Any",
            _runner(self._worktree).execute(_command(self._worktree, words, self._environment(index)), as_process=True),
        )
        watchdog = threading.Timer(_SEARCH_SECONDS, process.proc.kill)
        watchdog.start()
        try:
            found, more = _read_hits(process.proc.stdout, limit)
            if more:
                process.proc.kill()
            complaint = process.proc.stderr.read().decode(errors="replace")
            status = process.proc.wait()
        finally:
            timed_out = not watchdog.is_alive()
            watchdog.cancel()
            process.proc.kill()
            process.proc.wait()
            process.proc.stdout.close()
            process.proc.stderr.close()
            (self._directory / f"{index}.index").unlink(missing_ok=True)
        if timed_out and not more:
            raise ToolError(f"the search took longer than {_SEARCH_SECONDS:.0f} s: use a simpler pattern or a path")
        if status > 1:
            raise ToolError(f"the pattern is not a valid extended regular expression: {complaint.strip()}")
        return found, more

    def _make(self) -> None:
        with self._guard:
            if self._made:
                return
            status, _, complaint = _run(
                self._directory.parent, ("init", "-q", "--bare", "--template=", str(self._directory)), _NEUTRAL
            )
            if status:
                raise WorkspaceError(f"git could not make its directory: {complaint.strip()}")
            (self._directory / "info").mkdir(exist_ok=True)
            (self._directory / "info" / "attributes").write_text(_ATTRIBUTES)
            self._made = True

    def _tree(self, side: dict[str, Content | None], scratch: Path, name: str) -> str:
        """Write the files of one side as a tree; its id."""
        contents = [(path, content) for path, content in side.items() if content is not None]
        blobs = [scratch / f"{name}{number}" for number in range(len(contents))]
        for blob, (_, content) in zip(blobs, contents, strict=True):
            blob.write_bytes(content.data)
        hashes = self._ask(
            "hash-object", "-w", "--no-filters", "--stdin-paths", stdin="".join(f"{blob}\n" for blob in blobs).encode()
        ).split()
        lines = (
            b"%s %s 0\t%s\0" % (content.mode.encode(), digest, os.fsencode(path))
            for digest, (path, content) in zip(hashes, contents, strict=True)
        )
        (self._directory / f"{name}.index").unlink(missing_ok=True)
        self._ask("update-index", "-z", "--index-info", stdin=b"".join(lines), index=name)
        return self._ask("write-tree", index=name).decode().strip()

    def _list_in_index(self, paths: Iterable[str], index: str) -> None:
        """Make git's search see these files and no others: not what tests leave lying about, not what is ignored."""
        lines = []
        for path in paths:
            with contextlib.suppress(OSError):
                if stat.S_ISREG((self._worktree / path).lstat().st_mode):
                    lines.append(b"100644 %s 0\t%s\0" % (_EMPTY_BLOB.encode(), os.fsencode(path)))
        self._ask("update-index", "-z", "--index-info", stdin=b"".join(lines), index=index)

    def _ask(self, *words: str, stdin: bytes | None = None, index: str = "search") -> bytes:
        with tempfile.TemporaryFile() as file:
            file.write(stdin or b"")
            file.seek(0)
            status, output, complaint = _run(self._worktree, words, self._environment(index), file)
        if status:
            raise WorkspaceError(f"git {words[0]} failed: {complaint.strip()}")
        return output

    def _environment(self, index: str) -> dict[str, str]:
        return _NEUTRAL | {
            "GIT_DIR": str(self._directory),
            "GIT_WORK_TREE": str(self._worktree),
            "GIT_INDEX_FILE": str(self._directory / f"{index}.index"),
        }


def _read_hits(stream: IO[bytes], limit: int) -> tuple[list[Found], bool]:
    found: list[Found] = []
    begun = b""
    for line in _lines(stream):
        match = _GREP_LINE.fullmatch(begun + line)
        if match is None:  # a path with a line end in it
            begun = (begun + line + b"\n")[-_LONGEST_PATH:] if b"\0" not in line else b""
            continue
        begun = b""
        if len(found) == limit:
            return found, True
        text = match["text"][: 4 * _LONGEST_LINE].decode("utf-8", "replace")[:_LONGEST_LINE]
        found.append(Found(os.fsdecode(match["path"]), int(match["line"]), text.removesuffix("\r")))
    return found, False


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream, each cut at a bounded length: one file may be a single line of many megabytes."""
    longest = 8 * _LONGEST_LINE
    while line := stream.readline(longest):
        whole = line.endswith(b"\n")
        yield line.rstrip(b"\n")
        while not whole and (rest := stream.readline(longest)):
            whole = rest.endswith(b"\n")
