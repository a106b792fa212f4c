"""What the offline model does, from the first run of the tests to its last word: calls go out, outputs come in.

Knows the tools by their names and texts. Keeps nothing between two runs: `brain` plays it from the start each time.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from patchwire.repair import localise, names, outputs, syntax, words
from patchwire.repair.clues import Clues, clues, imported_modules, source_of_test
from patchwire.repair.context import Call
from patchwire.repair.diff import unified
from patchwire.repair.localise import Suspicion
from patchwire.repair.outputs import Report
from patchwire.repair.ranking import Candidate, candidates, merged, still_parses
from patchwire.repair.source import Edit, Source, edited, source

Steps = Generator[list[Call], list[str], str]
Better = Callable[[Report, Report], bool]

MAX_TRIALS = 2000  # candidates that are tried in all
MAX_SECONDS = 240.0  # seconds that trials may take in all
MAX_FIXES = 4  # independent bugs
FIRST_BATCH = 30
MAX_BATCH = 200
BATCH_SECONDS = 6.0  # what one call of try_patches should take, once the speed is known
MAX_FILES = 8
MAX_PAGES = 12  # pages of one file
MAX_TEST_FILES = 3
TOGETHER = 200  # candidates that are tried for all failing tests before each is looked at on its own (two bugs?)
ALONE = 150  # candidates for one failing test on its own
MAX_GROUPS = 4  # failing tests that are looked at on their own


@dataclass(slots=True)
class Work:
    """What is known so far: the files as they are now, what was tried, what was fixed."""

    files: dict[str, Source] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    trials: int = 0
    seconds: float = 0.0
    fixes: list["Fix"] = field(default_factory=list)
    rejected: set[tuple[str, tuple[Edit, ...]]] = field(default_factory=set)

    @property
    def exhausted(self) -> bool:
        """Whether no more trials may be made."""
        return self.trials >= MAX_TRIALS or self.seconds >= MAX_SECONDS


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that stays: in words, and how many other edits passed as well."""

    words: str
    others: int


def repair() -> Steps:
    """Make the failing tests pass; returns the last word."""
    work = Work()
    first = yield from _run_tests(trace=True)
    report = first
    while report.verdict in ("FAILED", "INCONCLUSIVE") and len(work.fixes) < MAX_FIXES:
        after = yield from _fix_one(work, report)
        if after is None:
            break
        report = after
        if report.verdict == "FAILED":
            report = yield from _run_tests(trace=True)
    return words.verdict(
        first, report, tuple((fix.words, fix.others) for fix in work.fixes), work.trials, _looked(work)
    )


def _looked(work: Work) -> tuple[str, ...]:
    return tuple(path for path in work.files if path not in work.unreadable)


def _fix_one(work: Work, report: Report) -> Generator[list[Call], list[str], Report | None]:
    """Find one edit that helps, make it and confirm it; the report of the tests after it, None where nothing helped."""
    broken = syntax.broken_files(report.messages)
    if broken:
        after = yield from _fix_syntax(work, report, broken)
        if after:
            return after
    suspicion = localise.suspects(report)
    yield from _gather(work, report, suspicion)
    found = _ranked(work, report, suspicion, traced=bool(report.hits))
    alone = report.failed < 2
    after = yield from _search(work, report, found, None, MAX_TRIALS if alone else TOGETHER)
    if after or alone:
        return after
    for failure in report.failures[:MAX_GROUPS]:
        own = yield from _run_tests(targets=[failure.id], trace=True)
        narrow = localise.suspects(report, only=localise.suspects(own)) or suspicion
        single = _ranked(work, replace(report, failures=(failure,)), narrow, traced=bool(report.hits))
        after = yield from _search(work, report, single, [failure.id], ALONE)
        if after:
            return after
    return (yield from _search(work, report, found[TOGETHER:], None, MAX_TRIALS))


def _fix_syntax(work: Work, report: Report, broken: Sequence[str]) -> Generator[list[Call], list[str], Report | None]:
    listing = yield from _ask(Call.of("list_files", path=None))
    known = outputs.paths(listing)
    paths = [path for name in broken if (path := syntax.in_tree(name, known)) and not localise.is_test(path)]
    yield from _read(work, paths)
    for path in paths:
        if path in work.files and work.files[path].error is not None:
            found = syntax.candidates(work.files[path])
            after = yield from _search(work, report, found, None, len(found))
            if after:
                return after
            if found:  # no edit mends everything; a file that parses is a step on the way
                after = yield from _adopt(work, report, found[0], 0, better=_parses_now)
                if after:
                    return after
    return None


def _parses_now(before: Report, after: Report) -> bool:
    return syntax.broken_files(after.messages) != syntax.broken_files(before.messages)


def _fewer(before: Report, after: Report) -> bool:
    return (
        after.verdict == "FAILED" and after.failed < before.failed and set(after.failing_ids) <= set(before.failing_ids)
    )


def _gather(work: Work, report: Report, suspicion: Suspicion) -> Generator[list[Call], list[str], None]:
    """Read what is suspicious, and the tests that fail."""
    tests = list(dict.fromkeys(failure.path for failure in report.failures if failure.path.endswith(".py")))[
        :MAX_TEST_FILES
    ]
    missing = [path for path in tests if path not in work.tests]
    if missing:
        pages = yield [Call.of("read_file", path=path, start_line=None, end_line=None) for path in missing]
        for path, text in zip(missing, pages, strict=False):
            page = outputs.page(text)
            work.tests[path] = "\n".join(page.lines) if page else ""
    suspicious = localise.files(suspicion, MAX_FILES)
    yield from _read(work, suspicious)
    listing = yield from _ask(Call.of("list_files", path=None))
    near = [work.files[path].text for path in suspicious if path in work.files] or work.tests.values()
    modules = {module for text in near for module in imported_modules(text)}
    known = (path for path in outputs.paths(listing) if path.endswith(".py") and not localise.is_test(path))
    beside = [path for path in known if path not in suspicious and _module_of(path, modules)]
    yield from _read(work, beside[: MAX_FILES - len(suspicious)])  # tables, say, that no test's trace leads to


def _module_of(path: str, modules: Iterable[str]) -> bool:
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(dotted == module or dotted.endswith(f".{module}") for module in modules)


def _ranked(work: Work, report: Report, suspicion: Suspicion, *, traced: bool) -> tuple[Candidate, ...]:
    tests = "\n".join(source_of_test(work.tests.get(failure.path, ""), failure.id) for failure in report.failures[:5])
    known = tuple((path, file.text) for path, file in work.files.items() if path not in work.unreadable)
    frozen = tuple((path, tuple(lines.items())) for path, lines in suspicion.items())
    return _memory(known, frozen, report.failures, tests, traced)


@lru_cache(maxsize=16)
def _memory(
    files: tuple[tuple[str, str], ...],
    suspicion: tuple[tuple[str, tuple[tuple[int, float], ...]], ...],
    failures: tuple[outputs.Failure, ...],
    tests: str,
    traced: bool,
) -> tuple[Candidate, ...]:
    """The candidates, remembered: a replay asks for the same again."""
    sources = [source(path, text) for path, text in files]
    wide = localise.spread({path: dict(lines) for path, lines in suspicion}, sources, traced=traced)
    told: Clues = clues("\n".join(failure.message for failure in failures), tests)
    named = names.candidates(sources, failures)
    return merged(named, candidates(sources, wide, told, MAX_TRIALS))


def _search(
    work: Work, report: Report, found: Sequence[Candidate], targets: Sequence[str] | None, limit: int
) -> Generator[list[Call], list[str], Report | None]:
    """Try the candidates in batches until one passes, and adopt it."""
    rest = (c for c in found if (c.path, c.edits) not in work.rejected and still_parses(work.files[c.path], c.edits))
    batch, spent = FIRST_BATCH, 0
    late: list[Candidate] = []
    while spent < limit and not work.exhausted and (trial := [*late, *islice(rest, max(batch - len(late), 0))]):
        patches = [unified(work.files[candidate.path], candidate.edits) for candidate in trial]
        answer = yield from _ask(Call.of("try_patches", patches=patches, targets=list(targets) if targets else None))
        result = outputs.verdicts(answer)
        if result.refusal:
            return None
        work.trials += result.tried
        spent += len(trial)
        work.seconds += result.seconds
        late = [trial[number - 1] for number in result.not_tried if 0 < number <= len(trial)]
        passed = [trial[number - 1] for number in result.passed if 0 < number <= len(trial)]
        passed.sort(key=_preference)
        for candidate in passed[:3]:
            after = yield from _adopt(work, report, candidate, len(passed) - 1, better=_fewer)
            if after:
                return after
        if len(late) == len(trial):
            return None  # not even one candidate fits into a call
        speed = result.tried / max(result.seconds, 0.1)
        batch = max(FIRST_BATCH, min(MAX_BATCH, round(speed * BATCH_SECONDS), batch * 3))
    return None


def _preference(candidate: Candidate) -> tuple[float, int, str, tuple[Edit, ...]]:
    return (-candidate.score / (1 + 0.02 * candidate.size), candidate.size, candidate.path, candidate.edits)


def _adopt(
    work: Work, report: Report, candidate: Candidate, others: int, *, better: Better
) -> Generator[list[Call], list[str], Report | None]:
    """Write a candidate and run everything afresh; taken back where that is no better than before."""
    before = work.files[candidate.path]
    written = yield from _ask(Call.of("write_patch", patch=unified(before, candidate.edits)))
    if not written.startswith("Applied"):
        work.rejected.add((candidate.path, candidate.edits))
        return None
    after = source(before.path, edited(before.text, candidate.edits))
    confirmed = yield from _run_tests()
    if confirmed.verdict == "PASSED" or better(report, confirmed):
        work.files[candidate.path] = after
        work.fixes.append(Fix(words.what_changed(before, candidate.edits), others))
        return confirmed
    yield from _ask(Call.of("write_patch", patch=unified(after, _inverse(before.text, candidate.edits))))
    work.rejected.add((candidate.path, candidate.edits))
    return None


def _inverse(text: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    back, shift = [], 0
    for edit in sorted(edits):
        start = edit.start + shift
        back.append(Edit(start, start + len(edit.text), text[edit.start : edit.end]))
        shift += len(edit.text) - (edit.end - edit.start)
    return tuple(back)


def _read(work: Work, paths: Sequence[str]) -> Generator[list[Call], list[str], None]:
    """Read whole files, their first pages side by side."""
    paths = [path for path in paths if path not in work.files and path not in work.unreadable]
    if not paths:
        return
    texts = yield [Call.of("read_file", path=path, start_line=None, end_line=None) for path in paths]
    for path, text in zip(paths, texts, strict=False):
        page = outputs.page(text)
        lines = list(page.lines) if page else []
        facts = set(page.facts) if page else set()
        for _ in range(MAX_PAGES):
            if page is None or len(lines) >= page.total:
                break
            more = yield from _ask(Call.of("read_file", path=path, start_line=len(lines) + 1, end_line=None))
            page = outputs.page(more)
            if page and page.lines and page.first == len(lines) + 1:
                lines += page.lines
                facts |= set(page.facts)
            else:
                page = None
        if page is None or len(lines) < page.total or any(fact.startswith("long lines") for fact in facts):
            work.unreadable[path] = text.split("\n", 1)[0]
        else:
            end = "" if "no newline at the end" in facts or not lines else "\n"
            work.files[path] = source(path, "\n".join(lines) + end)


def _run_tests(
    *, targets: Sequence[str] | None = None, trace: bool = False
) -> Generator[list[Call], list[str], Report]:
    text = yield from _ask(Call.of("run_tests", targets=list(targets) if targets else None, trace=trace))
    return outputs.report(text)


def _ask(call: Call) -> Generator[list[Call], list[str], str]:
    answers = yield [call]
    return answers[0] if answers else ""
