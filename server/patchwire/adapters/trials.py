"""Tries candidate edits, each in a scratch of the tree that is put back at once: the targets, then the whole suite.

A lane is such a scratch and something that runs tests in it: a warm pytest where there can be one, else a cold process
for every run. Lanes take candidates from one queue. Knows what a verdict means, and nothing of models or patches.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from patchwire.adapters.levels import Scratch
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.suite import run_suite
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.warm import NotWarm, WarmPytest
from patchwire.ports import Candidate, Trial
from patchwire.task import TestReport, TestResult, TestStatus, Verdict

SHORTEST_LIMIT = 2.0
SHORTEST_CPU_LIMIT = 1.0
SHORTEST_WHOLE_LIMIT = 10.0
_TIMES = 5.0
SMALL_TREE = 5_000
_FEW_CANDIDATES = 8
_CONFIGURATION = frozenset(
    {
        "conftest.py",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
    }
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """How the tests stood before: the last whole run, and the targets that candidates must make pass."""

    report: TestReport
    targets: tuple[str, ...]

    @property
    def passing(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(r.id for r in self.report.results if r.status is TestStatus.PASSED)

    @property
    def target_seconds(self) -> float:
        """How long the targets took."""
        return sum(result.seconds for result in self.report.results if _is_among(result.id, self.targets))


@dataclass(slots=True)
class Limits:
    """The time that one run may take: from the baseline, and growing with the slowest run that came to its end."""

    seconds: float
    cpu_seconds: float
    whole_seconds: float

    @classmethod
    def of(cls, baseline: Baseline) -> "Limits":
        """The limits to start from."""
        expected = _TIMES * baseline.target_seconds
        whole = _TIMES * sum(result.seconds for result in baseline.report.results)
        return cls(max(SHORTEST_LIMIT, expected), max(SHORTEST_CPU_LIMIT, expected), max(SHORTEST_WHOLE_LIMIT, whole))

    def learn(self, seconds: float, cpu_seconds: float) -> None:
        """A run of the targets came to its end after so long."""
        self.seconds = max(self.seconds, _TIMES * seconds)
        self.cpu_seconds = max(self.cpu_seconds, _TIMES * cpu_seconds)


@dataclass(slots=True)
class Lane:
    """A scratch, and the warm pytest in it if there is one."""

    command: Command
    scratch: Scratch
    warm: WarmPytest | None = None
    _cold: Place | None = None
    _carried: Mapping[str, Content | None] = field(default_factory=dict)

    async def run_targets(self, targets: Sequence[str], limits: Limits, left: float, *, cold: bool) -> TestReport:
        """Run the targets up to the first failure."""
        seconds = min(limits.seconds, left)
        if self.warm is None or cold:
            # A cold start takes its time before the first test begins.
            return await self._run_cold(targets, 1, min(limits.seconds + SHORTEST_WHOLE_LIMIT, left))
        ran = await self.warm.run(
            targets=targets,
            most_failures=1,
            seconds=seconds,
            cpu_seconds=min(limits.cpu_seconds, seconds),
            files=self._carried,
        )
        if not ran.report.timed_out:
            limits.learn(ran.report.seconds, ran.cpu)
        return ran.report

    async def run_all(self, most_failures: int, seconds: float, *, cold: bool) -> TestReport:
        """Run the whole suite until so many tests have failed."""
        if self.warm is None or cold:
            return await self._run_cold((), most_failures, seconds)
        ran = await self.warm.run(
            targets=(), most_failures=most_failures, seconds=seconds, cpu_seconds=seconds, files=self._carried
        )
        return ran.report

    async def _run_cold(self, targets: Sequence[str], most_failures: int, seconds: float) -> TestReport:
        place = self._cold or self.scratch.place
        ran = await run_suite(self.command, place, seconds, targets=targets, most_failures=most_failures)
        return ran.report

    @contextlib.contextmanager
    def holding(self, files: Mapping[str, str | None]) -> Iterator[None]:
        """For a while, let the scratch hold these texts."""
        contents = {
            path: None if text is None else Content(text.encode(), self.scratch.mode(path))
            for path, text in files.items()
        }
        with self.scratch.holding(contents) as (self._cold, self._carried):
            yield

    async def cool_down(self) -> None:
        """Give the warm pytest up."""
        warm, self.warm = self.warm, None
        if warm is not None:
            await warm.aclose()

    async def aclose(self) -> None:
        """Give everything up."""
        await self.cool_down()
        await asyncio.to_thread(self.scratch.close)


@dataclass(slots=True)
class Trials:
    """All lanes of one workspace; they are kept from call to call."""

    make: Callable[[Mapping[str, Content | None]], Scratch]
    """Makes a scratch with what the workspace has written."""
    _lanes: dict[int, Lane] = field(default_factory=dict)

    async def run(
        self,
        candidates: Sequence[Candidate],
        baseline: Baseline,
        command: Command,
        *,
        modules: Sequence[str],
        written: Mapping[str, Content | None],
        files: Sequence[str],
        seconds: float,
    ) -> tuple[Trial, ...]:
        """Try the candidates, whose paths are already checked, for at most `seconds`.

        `modules` are worth importing beforehand; `written` is what differs from the tree as it was copied.
        """
        deadline = time.monotonic() + seconds
        trials = [Trial("skipped", "the time limit came first")] * len(candidates)
        queue = iter(range(len(candidates)))
        limits = Limits.of(baseline)
        early = any(PurePosixPath(path).name == "conftest.py" for path in files)

        async def work(number: int) -> None:
            async with self._lane(number, command, written) as lane:
                await self._warm_up(lane, baseline, limits, modules, early=early, left=deadline - time.monotonic())
                for index in queue:
                    if (left := deadline - time.monotonic()) <= 0:
                        return
                    trials[index] = await _try(lane, dict(candidates[index].files), baseline, limits, left)

        wide = len(candidates) >= _FEW_CANDIDATES and len(files) <= SMALL_TREE and (os.cpu_count() or 1) > 1
        async with asyncio.TaskGroup() as group:
            for number in range(2 if wide else 1):
                group.create_task(work(number))
        return tuple(trials)

    async def run_targets(
        self,
        command: Command,
        targets: Sequence[str],
        *,
        modules: Sequence[str],
        written: Mapping[str, Content | None],
        files: Sequence[str],
        seconds: float,
    ) -> TestReport | None:
        """Run some tests in a warm pytest; None where there is none to be had, or where only a cold run can tell."""
        foreign = {name.partition(".")[0] for name in modules}
        if any(not foreign.isdisjoint(PurePosixPath(path).with_suffix("").parts) for path in written):
            return None  # it may hide what the warm pytest has imported
        early = any(PurePosixPath(path).name == "conftest.py" for path in files)
        async with self._lane(0, command, written) as lane:
            try:
                if lane.warm is None:
                    lane.warm = await WarmPytest.start(command, lane.scratch.place, modules, early=early)
                ran = await lane.warm.run(
                    targets=targets,
                    most_failures=None,
                    seconds=seconds,
                    cpu_seconds=seconds,
                    files=lane.scratch.lacking,
                    keep_bytecode=True,
                    traceback_style=None,
                )
            except NotWarm:
                await lane.cool_down()
                return None
        return None if ran.report.verdict is Verdict.INCONCLUSIVE else ran.report

    async def aclose(self) -> None:
        """Stop the servers and remove the scratch copies."""
        for lane in self._lanes.values():
            await lane.aclose()
        self._lanes.clear()

    @contextlib.asynccontextmanager
    async def _lane(self, number: int, command: Command, written: Mapping[str, Content | None]) -> AsyncIterator[Lane]:
        """The lane of that number with the workspace's own writes, made anew where a living one cannot have them."""
        lane = self._lanes.get(number)
        if lane is not None:
            changed = await asyncio.to_thread(lane.scratch.update, written)
            if changed is None or any(_is_configuration(path) for path in changed):
                del self._lanes[number]
                await lane.aclose()
                lane = None
        if lane is None:
            lane = self._lanes[number] = Lane(command, await asyncio.to_thread(self.make, written))
        yield lane

    async def _warm_up(
        self, lane: Lane, baseline: Baseline, limits: Limits, modules: Sequence[str], *, early: bool, left: float
    ) -> None:
        """Start the lane's warm pytest, and let it compile the tree and prove itself on the targets as they are."""
        if lane.warm is not None or left <= 0:
            return
        try:
            lane.warm = await WarmPytest.start(lane.command, lane.scratch.place, modules, early=early)
            ran = await lane.warm.run(
                targets=baseline.targets,
                most_failures=None,
                seconds=min(limits.seconds, left),
                cpu_seconds=limits.cpu_seconds,
                files=lane.scratch.lacking,
                keep_bytecode=True,
            )
        except NotWarm:
            await lane.cool_down()
            return
        if not ran.report.results:
            await lane.cool_down()
        elif not ran.report.timed_out:
            limits.learn(ran.report.seconds, ran.cpu)


async def _try(lane: Lane, files: Mapping[str, str | None], baseline: Baseline, limits: Limits, left: float) -> Trial:
    """Try one candidate in a lane; a warm pytest that has died is done without."""
    started = time.monotonic()
    cold = any(_is_configuration(path) for path in files)
    try:
        with lane.holding(files):
            try:
                verdict, detail = await _judge(lane, baseline, limits, left, cold=cold)
            except NotWarm:
                await lane.cool_down()
                verdict, detail = await _judge(lane, baseline, limits, left, cold=True)
    except (OSError, UnicodeEncodeError) as error:
        verdict, detail = "failed", f"the files cannot be written: {error}"
    return Trial(verdict, detail, time.monotonic() - started)


async def _judge(lane: Lane, baseline: Baseline, limits: Limits, left: float, *, cold: bool) -> tuple[str, str]:
    deadline = time.monotonic() + left
    report = await lane.run_targets(baseline.targets, limits, left, cold=cold)
    if report.timed_out:
        cut = time.monotonic() >= deadline and left < limits.seconds
        return ("skipped", "the time limit came first") if cut else ("timeout", _headline(report))
    if report.verdict is not Verdict.PASSED:
        return "failed", _headline(report)
    if lane.command.runner == "plain" or not baseline.targets:
        return "passed", ""  # that was the whole suite
    failing_before = len(baseline.report.failing)
    left = deadline - time.monotonic()
    if left <= 0:
        return "skipped", "the time limit came before the whole suite was run"
    whole = await lane.run_all(failing_before + 1, min(limits.whole_seconds, left), cold=cold)
    if whole.timed_out:
        return "timeout", f"the whole suite: {_headline(whole)}"
    broken = [result for result in whole.failing if result.id in baseline.passing]
    if broken:
        return "breaks", _line(broken[0])
    vanished = baseline.passing - {result.id for result in whole.results}
    if vanished and len(whole.failing) <= failing_before:
        return "breaks", f"{min(vanished)} does not run any more"
    if whole.verdict is Verdict.INCONCLUSIVE:
        return "breaks", f"the whole suite: {whole.note}"
    return "passed", ""


def first_targets(report: TestReport) -> tuple[str, ...]:
    """What failed in a run, as targets. A `conftest.py` that could not be loaded is no target: everything is."""
    names = [result.id for result in report.failing]
    return () if any(PurePosixPath(name).name == "conftest.py" for name in names) else tuple(filter(None, names))


def _is_among(test: str, targets: Sequence[str]) -> bool:
    return any(test == target or test.startswith((f"{target}::", f"{target}/", f"{target}[")) for target in targets)


def _is_configuration(path: str) -> bool:
    return PurePosixPath(path).name in _CONFIGURATION


def _headline(report: TestReport) -> str:
    return _line(report.failing[0]) if report.failing else report.note


def _line(result: TestResult) -> str:
    """A failing test in one line: what pytest marks with `E`, else the last line that a traceback does not indent.

    Of the marked lines, the least indented holds the exception; around it stand explanations, or the source.
    """
    lines = result.message.splitlines()
    marked = [line[1:] for line in lines if line.startswith("E ")]
    outermost = [line for line in lines if line and not line[0].isspace()]
    said = min(marked, key=_indent).strip() if marked else outermost[-1] if outermost else "failed"
    return f"{result.id}: {said.removeprefix('AssertionError: ')}"[:500]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
