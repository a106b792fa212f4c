"""What the tools' texts say (docs/tools.md is the contract), as values.

Knows the wording and nothing of what is done with it. Any text can be read: what is not understood is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a traceback inside the tree."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed: its id, its message and the frames, innermost first; `kind` is `failed` or `error`."""

    id: str
    kind: str
    path: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """How many failing and passing tests ran one line."""

    path: str
    line: int
    failing: int
    passing: int


@dataclass(frozen=True, slots=True)
class Report:
    """A run of tests. `verdict` is the tool's first word, `""` where the text is no report."""

    verdict: str = ""
    failed: int = 0
    passed: int = 0
    note: str = ""
    failures: tuple[Failure, ...] = ()
    more: tuple[str, ...] = ()
    hits: tuple[Hits, ...] = ()
    output: str = ""
    refusal: str = ""

    @property
    def failing_ids(self) -> tuple[str, ...]:
        """Every failing test that is named, in order."""
        return (*(failure.id for failure in self.failures), *self.more)

    @property
    def messages(self) -> str:
        """All that the failures say, in one text."""
        return "\n".join([*(failure.message for failure in self.failures), self.output])


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a file: its lines from `first` on, and how many lines the file has. `facts` stand in the header."""

    path: str
    first: int
    total: int
    lines: tuple[str, ...]
    facts: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """The number of the last line that was given."""
        return self.first + len(self.lines) - 1


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of the candidates of one call (numbers from 1). `seconds` is what it took."""

    passed: tuple[int, ...] = ()
    breaks: tuple[int, ...] = ()
    not_tried: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    tried: int = 0
    seconds: float = 0.0
    details: tuple[tuple[int, str], ...] = ()
    refusal: str = ""


_SUMMARY = re.compile(r"(PASSED|FAILED|NO TESTS|INCONCLUSIVE)\b(?::\s*(.*))?")
_COUNT = re.compile(r"(\d+) (failed|passed|errors?)\b")
_BLOCK = re.compile(r"--- (?P<id>.*\S) (?P<kind>failed|error)(?: \((?P<path>.*?)(?::\d+)?\))?$")
_FRAME = re.compile(r"at (?P<path>.+):(?P<line>\d+) in (?P<function>.+)$")
_MORE = re.compile(r"… and \d+ more:?$")
_HITS = re.compile(r"(\d+)=(\d+)/(\d+)")


def report(text: str) -> Report:
    """What `run_tests` said."""
    lines = text.split("\n")
    summary = _SUMMARY.match(lines[0])
    if not summary:
        return Report(refusal=lines[0].strip())
    counts = {kind.rstrip("s"): int(number) for number, kind in _COUNT.findall(summary[2] or "")}
    note = next((line[6:] for line in lines[1:3] if line.startswith("note: ")), "")
    failures: list[Failure] = []
    more: list[str] = []
    hits: list[Hits] = []
    output: list[str] = []
    for heading, body in _sections(lines[1:]):
        if block := _BLOCK.match(heading):
            failures.append(_failure(block, body))
        elif _MORE.match(heading):
            more += [line for line in body if line]
        elif heading.startswith("lines run"):
            hits += _hits(body)
        elif heading.startswith("--- output"):
            output += [line[2:] for line in body]
    return Report(
        verdict=summary[1],
        failed=counts.get("failed", 0) + counts.get("error", 0),
        passed=counts.get("passed", 0),
        note=note,
        failures=tuple(failures),
        more=tuple(more),
        hits=tuple(hits),
        output="\n".join(output),
    )


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """A heading starts in the first column; a message's lines never do, because two spaces stand before each."""
    heading, body = "", list[str]()
    for line in lines:
        if line.startswith(("--- ", "… and ", "lines run ")):
            yield heading, body
            heading, body = line, []
        else:
            body.append(line)
    yield heading, body


def _failure(block: re.Match[str], body: list[str]) -> Failure:
    frames = [
        Frame(frame["path"], int(frame["line"]), frame["function"]) for line in body if (frame := _FRAME.match(line))
    ]
    message = "\n".join(line[2:] for line in body if line.startswith("  "))
    return Failure(block["id"], block["kind"], block["path"] or "", message, tuple(frames))


def _hits(body: list[str]) -> Iterator[Hits]:
    for line in body:
        path, colon, counts = line.rpartition(": ")
        if colon:
            for number, failing, passing in _HITS.findall(counts):
                yield Hits(path, int(number), int(failing), int(passing))


_PAGE = re.compile(r"(?P<path>.+): lines (?P<first>\d+)-\d+ of (?P<total>\d+)(?: [\[(](?P<facts>.*)[\])])?$")
_NUMBERED = re.compile(r"(\d+)\t(.*)$", re.DOTALL)


def page(text: str) -> Page | None:
    """What `read_file` said; None for a refusal or a text whose lines do not count up one by one."""
    header, *rows = text.removesuffix("\n").split("\n")
    if header.endswith(": empty"):
        return Page(header.removesuffix(": empty"), 1, 0, ())
    match = _PAGE.match(header)
    if not match:
        return None
    first, lines = int(match["first"]), list[str]()
    for number, row in enumerate(rows, first):
        numbered = _NUMBERED.match(row)
        if not numbered or int(numbered[1]) != number:
            return None
        lines.append(numbered[2])
    facts = tuple(fact.strip() for fact in (match["facts"] or "").split(";") if fact.strip())
    return Page(match["path"], first, int(match["total"]), tuple(lines), facts)


_TRIED = re.compile(r"tried (\d+) of (\d+) candidates? in (\d+(?:\.\d+)?) s")
_VERDICT = re.compile(r"(passed|breaks|refused|not tried): ([\d \-]+)$")
_DETAIL = re.compile(r"candidate (\d+): (.*)$")


def verdicts(text: str) -> Verdicts:
    """What `try_patches` said."""
    lines = text.split("\n")
    summary = _TRIED.match(lines[0])
    if not summary:
        return Verdicts(refusal=lines[0].strip())
    limit = int(summary[2])
    numbers = {match[1]: _numbers(match[2], limit) for line in lines if (match := _VERDICT.match(line))}
    return Verdicts(
        passed=numbers.get("passed", ()),
        breaks=numbers.get("breaks", ()),
        not_tried=numbers.get("not tried", ()),
        refused=numbers.get("refused", ()),
        tried=int(summary[1]),
        seconds=float(summary[3]),
        details=tuple((int(match[1]), match[2]) for line in lines if (match := _DETAIL.match(line))),
    )


def _numbers(text: str, limit: int) -> tuple[int, ...]:
    """`1-4 6` → 1, 2, 3, 4, 6; nothing beyond `limit`, so that a garbled range costs nothing."""
    found: list[int] = []
    for word in text.split():
        first, _, last = word.partition("-")
        if first.isdigit() and (last or first).isdigit():
            found += range(int(first), min(int(last or first), limit) + 1)
    return tuple(found)


def paths(text: str) -> tuple[str, ...]:
    """The files that `list_files` named."""
    if text.startswith("Error: ") or text == "no files":
        return ()
    return tuple(line for line in text.split("\n") if line and not line.startswith("… and "))
