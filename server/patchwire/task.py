"""What comes in and what goes out: a `Task` on a `Snapshot` within a `Budget`; `Progress` on the way; an `Outcome`.

Knows `patch` and nothing else: no port, no tool, no protocol. All are frozen values.
"""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from patchwire.patch.model import FileChange
from patchwire.patch.sensitive import sensitive


@dataclass(frozen=True, slots=True)
class Focus:
    """Where in the tree the user was when asking: a file and lines from 1 to `end_line` inclusive."""

    path: str
    start_line: int | None = None
    end_line: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What the user asks for: in words, in which tree, and where they were looking.

    `since` is what has become of the files since the conversation's last turn, in words for the model.
    """

    prompt: str
    root: Path
    focus: Focus | None = None
    since: str = ""


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open document as the editor showed it: it is the truth over the disk."""

    path: str
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tree at the moment of asking: the files under `root`, and the unsaved buffers over them."""

    root: Path
    buffers: tuple[Buffer, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """What one turn may cost. `cost` is in US dollars; None is no limit."""

    steps: int = 60
    seconds: float = 900.0
    tokens: int | None = None
    cost: float | None = None


class TestStatus(Enum):
    """How one test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class Verdict(Enum):
    """What a whole run says. INCONCLUSIVE: exit code and results disagree, or a time limit cut it."""

    PASSED = "passed"
    FAILED = "failed"
    NO_TESTS = "no_tests"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback inside the tree. `line` counts from 1."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: the runner's own id, where it stands, how it ended and what it said (bounded)."""

    id: str
    status: TestStatus
    path: str | None = None
    line: int | None = None
    message: str = ""
    frames: tuple[Frame, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LineHits:
    """How many failing and how many passing tests ran one line."""

    path: str
    line: int
    failing: int
    passing: int


@dataclass(frozen=True, slots=True)
class TestReport:
    """A whole run of tests. `output` is bounded and stripped of terminal escapes; `note` says why it is inconclusive.

    The counts are exact even where `results` is bounded. `hits` is filled only where the run was traced. `turned` names
    functions of the runner's, and tests, that something replaced while the tests ran; `flaky` are tests that failed in
    this run and passed when they were run again.
    """

    verdict: Verdict
    command: tuple[str, ...]
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    results: tuple[TestResult, ...] = ()
    exit_code: int | None = None
    seconds: float = 0.0
    timed_out: bool = False
    output: str = ""
    note: str = ""
    hits: tuple[LineHits, ...] = ()
    turned: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()

    @property
    def failing(self) -> tuple[TestResult, ...]:
        """The tests that failed or ended in an error."""
        return tuple(r for r in self.results if r.status in (TestStatus.FAILED, TestStatus.ERROR))


@dataclass(frozen=True, slots=True)
class Usage:
    """What the turn cost. Tokens as the service counts them, bytes on the wire, `cost` in US dollars if known.

    `model_seconds` were spent waiting for the service, `tool_seconds` in tools and tests, `own_seconds` is the rest.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    exchanges: int = 0
    tool_calls: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    resends: int = 0
    reconnects: int = 0
    model_seconds: float = 0.0
    tool_seconds: float = 0.0
    own_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """The model said some text; `text` is the next piece of it."""

    text: str


@dataclass(frozen=True, slots=True)
class Retracted:
    """What the model said since the last request is void: the attempt was lost and is made again."""

    why: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of the model's reasoning summary."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool call began. `title` says in a few words what it does, for people; `arguments` is what the model wrote."""

    call_id: str
    name: str
    title: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool call ended. `summary` is its result in a few words; `ok` is False where the model was told to mend it.

    `output` is what the model got to read.
    """

    call_id: str
    name: str
    ok: bool
    summary: str
    seconds: float
    output: str = ""


@dataclass(frozen=True, slots=True)
class TestsRan:
    """A whole run of the tests ended; `phase` is `before`, `during` or `after`."""

    phase: str
    report: TestReport


@dataclass(frozen=True, slots=True)
class StepDone:
    """One exchange and its tool outputs are over; `step` counts from 1."""

    step: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Waiting:
    """The turn waits for the service and says why (a lost connection, a rate limit)."""

    why: str
    seconds: float


Progress = Said | Retracted | Thinking | ToolStarted | ToolFinished | TestsRan | StepDone | Waiting


class Status(Enum):
    """How a turn ended. FAILED: the service or the workspace gave out; what was reached by then is kept."""

    DONE = "done"
    TESTS_FAILING = "tests_failing"
    UNVERIFIED = "unverified"
    NO_CHANGE = "no_change"
    OUT_OF_BUDGET = "out_of_budget"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Isolation:
    """How far what a turn runs is kept from the user's tree and machine.

    `level` is `overlay`, `bind`, `copy`, `container` or `patch-only`. `sentence` says for people what that means, and
    what the user has granted. `best` is False where something better could be had. `commands` tells whether the model
    may run commands of its own.
    """

    level: str
    sentence: str
    best: bool = True
    commands: bool = False

    def __str__(self) -> str:
        return f"{self.level} ({self.sentence})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to. `patch` is git's raw bytes, `changes` the same as texts.

    `drifted` are files that the user changed on disk while the turn ran.
    """

    status: Status
    message: str
    patch: bytes = b""
    changes: tuple[FileChange, ...] = ()
    before: TestReport | None = None
    after: TestReport | None = None
    usage: Usage = field(default_factory=Usage)
    isolation: Isolation | None = None
    drifted: tuple[str, ...] = ()
    steps: int = 0
    seconds: float = 0.0

    @property
    def sensitive(self) -> tuple[tuple[str, str], ...]:
        """The changed files that may run code for whoever accepts them, each with the reason."""
        paths = (path for change in self.changes for path in (change.path, change.old_path) if path is not None)
        return sensitive(paths)
