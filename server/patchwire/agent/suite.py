"""The tests of one turn: how they stood before, how they stand now, and the runs that find out.

The first whole run before anything is written is the measure. What fails newly is run once more before it counts
(`flaky`), and before a suite that takes its time the tests nearest to the changes are asked. Judges nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from patchwire.agent.flaky import settled
from patchwire.agent.meter import Meter
from patchwire.agent.nearest import nearest
from patchwire.ports import TestRun, Workspace
from patchwire.task import Progress, TestReport, TestsRan, Verdict

VERIFY_SECONDS = 300.0
"""What the last run of the tests may take even if the budget has less left, in seconds."""
LONG_SECONDS = 10.0
"""From here on the tests nearest to a change are run before all of them: a failure there is known sooner."""
MOST_FILES = 20_000


@dataclass(slots=True)
class Suite:
    """`before` is the suite before the first write, `current` as the tree stands (None once something is written)."""

    workspace: Workspace
    meter: Meter
    emit: Callable[[Progress], None]
    before: TestReport | None = None
    current: TestReport | None = None
    changed: bool = False

    def written(self) -> None:
        """Something was written: no report is of the tree as it stands."""
        self.changed = True
        self.current = None

    def learn(self, report: TestReport) -> None:
        """Remember a run of the whole suite; before the first write it is the measure."""
        if self.before is None and not self.changed:
            self.before = report
            self.emit(TestsRan("before", report))
        else:
            self.emit(TestsRan("during", report))
        self.current = report

    async def measure(self) -> None:
        """Run the suite on the tree as it stands."""
        self.learn(await self.whole(TestRun(seconds=self.meter.run_seconds)))

    async def whole(self, run: TestRun) -> TestReport:
        """Run the whole suite; what fails newly is run once more."""
        return await settled(await self.workspace.run_tests(run), self.before, run, self.workspace.run_tests)

    async def fails_nearby(self) -> TestReport | None:
        """Before a suite that takes its time: the run of the tests nearest to the changes, if they fail already."""
        if self.before is None or self.before.seconds < LONG_SECONDS:
            return None
        changed = [change.path for change in await self.workspace.changes()]
        near = nearest(changed, (await self.workspace.list("", MOST_FILES)).items)
        if not near:
            return None
        report = await self.workspace.run_tests(TestRun(near, seconds=self.meter.run_seconds))
        return report if report.verdict is Verdict.FAILED else None

    async def verify(self, own_tests: tuple[str, ...]) -> TestReport:
        """The whole suite on the patched tree, with the tests as they were before the turn."""
        seconds = max(self.meter.seconds_left, VERIFY_SECONDS)
        with self.meter.timing("tool"):
            report = await self.whole(TestRun(originals=own_tests, seconds=seconds))
        self.emit(TestsRan("after", report))
        return report
