"""What the agent asks of the world: Protocols, and the values they speak in. Grows by verbs, never by a library's type.

Knows no library. An adapter fulfils each port; `tests/contracts/` holds every adapter and every fake to the same cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from patchwire.patch.model import FileChange
from patchwire.task import Isolation, Snapshot, TestReport


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the other end can do, as far as is known.

    `incremental`: it remembers this connection's last response. `warm_up`: it takes requests that only prepare.
    `frame_bytes`: what one frame may have (None: no limit is known).
    """

    incremental: bool = True
    warm_up: bool = True
    frame_bytes: int | None = None


class Transport(Protocol):
    """One ordered stream of text frames to the service and back. Cancelling a call leaves the transport closed."""

    @property
    def capabilities(self) -> Capabilities:
        """What this connection can do."""

    @property
    def bytes_up(self) -> int:
        """Bytes of frames sent so far, over all connections."""

    @property
    def bytes_down(self) -> int:
        """Bytes of frames received so far, over all connections."""

    async def send(self, frame: str) -> None:
        """Send one frame, connecting first if need be. Raises ConnectionLost; ProviderError for a refused handshake."""

    async def receive(self) -> str:
        """The next frame. Raises ConnectionLost when the connection ends before it comes."""

    async def reconnect(self) -> None:
        """Throw the connection away (without waiting for a goodbye) and make a new one. Raises as `send`."""

    async def aclose(self) -> None:
        """Close within a second; never raises. A closed transport may be asked to `reconnect`."""


class Compactor(Protocol):
    """Makes a history small. Speaks in JSON texts; what they mean is the wire's business."""

    async def compact(self, request: str) -> str:
        """The service's answer to a compaction request. Raises ProviderError where it can not or will not."""


class Credentials(Protocol):
    """Where the key comes from. Nothing here ever shows one."""

    @property
    def last(self) -> str:
        """The key that was given last ("" before the first), so that it can be kept out of what is written."""

    async def key(self) -> str:
        """The key; the source is asked once. Raises ProviderError if it gives none."""

    async def renew(self, refused: str) -> bool:
        """The service refused this key: ask the source again, unless it gave another since. False where it has none."""


class Service(Transport, Compactor, Protocol):
    """The model's service: a transport that outlives its connections, and what was learnt of the other end."""

    @property
    def worn(self) -> bool:
        """Whether to `reconnect` before the next request: the connection is gone, suspect, old, or a stopgap."""

    @property
    def unwelcome(self) -> set[str]:
        """Optional parameters that this service refuses for this model. Whoever learns of one adds it."""

    def prepare(self) -> None:
        """Where there is no connection or it is `worn`, make one in the background; `reconnect` waits for it."""

    def expires_after(self, seconds: float) -> None:
        """The service said how long a connection lives: replace them in time from now on."""

    async def renew_key(self) -> bool:
        """The service refused our key: get another for the next connection. False where there is none."""


class Journal(Protocol):
    """Where a session is written down, line by line, for the user to look at and to take it up again."""

    def note(self, kind: str, **fields: object) -> None:
        """Write one line. Returns at once and never raises; `fields` must not be changed afterwards."""


class Clock(Protocol):
    """Time and chance, so that the agent can be tested without waiting and without luck."""

    def now(self) -> float:
        """Seconds on a monotonic clock."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def chance(self) -> float:
        """Some number from 0 to 1, so that many clients do not all come back at the same moment."""


@dataclass(frozen=True, slots=True)
class FileText:
    """A text file of the workspace: its text with line ends kept."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that a search found; `line` counts from 1."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A bounded list and how many there are in all."""

    items: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Hits:
    """A bounded list of search hits; `more` is True where it was cut."""

    items: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class TestRun:
    """A request to run tests. `targets` are test ids, files or directories; empty means the whole suite.

    `trace` asks for the lines each failing test ran (`TestReport.hits`). `originals` are paths that are put back, for
    this run only, to what they were before the turn (None-able content restored, added files removed).
    `seconds` is the time limit of the whole run.
    """

    targets: tuple[str, ...] = ()
    trace: bool = False
    originals: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One set of whole-file texts to try: path → new text (None deletes)."""

    files: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one candidate, in the order they were given. `detail` is the first failure in a line.

    `verdict` is `passed` (the targets pass, no test fails that passed before), `breaks` (the targets pass, but a test
    fails that passed before), `failed`, `timeout`, or `skipped` (the time limit of the call came first).
    """

    verdict: str
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CommandRun:
    """How a command of the model's ended. `exit_code` is negative for a signal; `output` is bounded plain text.

    `kept` are the paths whose changes became the workspace's own; `note` says what was not kept, and why.
    """

    exit_code: int
    output: str
    seconds: float = 0.0
    timed_out: bool = False
    kept: tuple[str, ...] = ()
    note: str = ""


class Workspace(Protocol):
    """The tree as a turn sees and changes it; the user's own files stay as they are. `refresh` begins the next turn.

    Paths are POSIX and relative to the root.
    """

    @property
    def isolation(self) -> Isolation:
        """How far it is kept from the user's tree and machine."""

    async def refresh(self, snapshot: Snapshot, pending: Sequence[tuple[str, str | None]] = ()) -> None:
        """Begin the next turn: the tree as `snapshot` shows it now, with `pending` written over it.

        `pending` is what the user has neither accepted nor discarded (None deletes). Whatever else was written is
        forgotten, and `changes` are measured from the tree as it is now. Raises WorkspaceError.
        """

    async def drifted(self) -> tuple[str, ...]:
        """The files that the user has changed, made or deleted on disk since the snapshot, sorted."""

    async def read(self, path: str) -> FileText:
        """The whole text. Raises NoSuchFile, or ToolError: a directory, binary, too large, outside the root."""

    async def list(self, under: str, limit: int) -> Listing:
        """Files under a directory (`""` is the root), sorted. Raises ToolError."""

    async def search(self, pattern: str, under: str, *, ignore_case: bool, limit: int) -> Hits:
        """Lines that match an extended regular expression, as `git grep -E`. Raises ToolError for a bad pattern."""

    async def write(self, files: Sequence[tuple[str, str | None]]) -> None:
        """Write whole texts (None deletes), all or nothing. Raises ToolError for a path that may not be written."""

    async def run_tests(self, run: TestRun) -> TestReport:
        """Run tests in the copy. Never raises for what tests do; WorkspaceError if the command cannot be started."""

    async def try_patches(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float
    ) -> tuple[Trial, ...]:
        """Run `targets`, then the whole suite, against each candidate in a scratch state of the copy; nothing is kept.

        `seconds` bounds the call. No targets means the tests that failed in the last whole run.
        """

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        """Run a shell command in the tree, under the limits that tests have; `cwd` is a directory of the tree.

        What it writes is thrown away unless `keep`; then it becomes ours where a `write` of it would be allowed.
        Raises ToolError: a directory that is none, or an isolation at which no commands are run.
        """

    async def changes(self) -> tuple[FileChange, ...]:
        """What differs from the tree as the snapshot showed it (by our writes alone)."""

    async def patch(self) -> bytes:
        """The same as git's raw, binary-safe bytes, fit for `git apply` on the user's tree."""

    async def aclose(self) -> None:
        """Remove the copy; leave no process behind. Never raises."""
