"""Runs of the tests in a workspace, cold and warm, and of candidates for a patch; and what of them the model may read.

What the runner prints and reports is the suite's business, where a run happens the level's, and a warm process that of
`trials`. Knows which way a run is to go, and holds no lock: the workspace sees to it that a run is alone.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from patchwire.adapters.hidden import without_values
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.suite import Suite
from patchwire.adapters.trials import SMALL_TREE, Baseline, Trials, first_targets
from patchwire.adapters.view import View
from patchwire.errors import ToolError
from patchwire.ports import Candidate, TestRun, Trial
from patchwire.task import TestReport, Verdict

RUN_SECONDS = 300.0
WARM_FROM_SECONDS = 0.5
"""A run that takes so long besides its tests is worth keeping warm."""


class Runs:
    """The runs of one suite on one view."""

    def __init__(self, view: View, suite: Suite) -> None:
        self._view, self._suite = view, suite
        self._trials = Trials(view.level.scratch)
        self._cleaned: Callable[[str], str] | None = None
        self._last_whole: TestReport | None = None
        self._modules: tuple[str, ...] = ()
        self._overhead = 0.0

    def begin(self) -> None:
        """Forget what was known of the tree; it is another one now."""
        self._cleaned = None
        self._last_whole = None
        self._suite.settle()

    async def tests(self, run: TestRun) -> TestReport:
        """Run the tests, or some of them, as the port's `run_tests` says."""
        seconds = RUN_SECONDS if run.seconds is None else run.seconds
        targets = tuple(self._target(target) for target in run.targets)
        originals = [self._view.level.roots.locate(path) for path in run.originals]
        if (command := await self._command()) is None:
            return TestReport(Verdict.NO_TESTS, (), note="no tests are known here: name their command with --test")
        if not self._view.level.runs:
            return TestReport(
                Verdict.INCONCLUSIVE, command.shown, note="nothing is run at the isolation level patch-only"
            )
        redefined = await asyncio.to_thread(self._redefined)
        with self._view.written.originals([*originals, *redefined]):
            warm = None if originals or redefined or run.trace else await self._warm(command, targets, seconds)
            report = warm or await self._run(command, targets, seconds, trace=run.trace)
        if redefined:
            note = f"{redefined[0]} says otherwise now, but the tests ran by the command as it was"
            report = replace(report, note="; ".join(filter(None, (report.note, note))))
        report = await self._without_secrets(report)
        if not targets and not originals:
            self._last_whole = report
        self._view.names.soon()
        return report

    async def candidates(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float
    ) -> tuple[Trial, ...]:
        """Try candidates, as the port's `try_patches` says."""
        deadline = time.monotonic() + seconds
        checked = [
            Candidate(tuple((self._view.writable(path), text) for path, text in candidate.files))
            for candidate in candidates
        ]
        wanted = tuple(self._target(target) for target in targets)
        if (command := await self._command()) is None or not self._view.level.runs:
            raise ToolError("no tests can be run here: there is nothing to try patches against")
        if self._last_whole is None:
            self._last_whole = await self._run(command, (), seconds, trace=False)
        before = self._last_whole
        if not wanted and before.verdict is Verdict.PASSED:
            raise ToolError("no test failed in the last whole run: name the targets")
        await self._look_again()
        trials = await self._trials.run(
            checked,
            Baseline(before, wanted or first_targets(before)),
            command,
            modules=self._modules,
            written=self._view.written.current(),
            files=sorted(await self._view.files()),
            seconds=deadline - time.monotonic(),
        )
        clean = await self._cleaner()
        return tuple(replace(trial, detail=clean(trial.detail)) for trial in trials)

    def _redefined(self) -> tuple[str, ...]:
        with self._view.level.top() as root:
            return self._suite.redefined(root)

    async def _run(self, command: Command, targets: Sequence[str], seconds: float, *, trace: bool) -> TestReport:
        files = set() if self._view.level.live else await self._view.files()
        with self._view.level.run(files) as run:
            ran = await self._suite.run(command, run.place, seconds, targets=targets, trace=trace)
            self._modules = ran.modules or self._modules
            report = ran.report
            self._overhead = report.seconds - sum(result.seconds for result in report.results)
            rewritten = await asyncio.to_thread(run.rewritten)
        if rewritten:
            await asyncio.to_thread(self._view.restore, rewritten)
            report = replace(report, turned=(*report.turned, *rewritten))
        return report

    async def _warm(self, command: Command, targets: Sequence[str], seconds: float) -> TestReport | None:
        """Some tests once more, where imports are most of what a run takes. All tests are run cold, always."""
        if not targets or self._overhead < WARM_FROM_SECONDS:
            return None
        files = await self._view.files()
        if len(files) > SMALL_TREE and not self._view.level.live:
            return None
        await self._look_again()
        return await self._trials.run_targets(
            command,
            targets,
            modules=self._modules,
            written=self._view.written.current(),
            files=sorted(files),
            seconds=seconds,
        )

    async def _look_again(self) -> None:
        """Before a scratch is used again: what is mounted over the user's tree may not show what they saved since."""
        if await self._view.shows_through():
            await self._trials.aclose()

    async def _command(self) -> Command | None:
        if self._suite.definition is None:
            self._suite.settle(await self._view.files())
        return self._suite.command()

    def _target(self, target: str) -> str:
        path, colons, rest = target.partition("::")
        return (self._view.level.roots.relative(path) or ".") + colons + rest

    async def _without_secrets(self, report: TestReport) -> TestReport:
        """The model reads what tests print, and tests may know what the model may not."""
        if not report.output and not report.failing:
            return report
        clean = await self._cleaner()
        results = (replace(each, message=clean(each.message)) if each.message else each for each in report.results)
        return replace(report, output=clean(report.output), results=tuple(results))

    async def _cleaner(self) -> Callable[[str], str]:
        if self._cleaned is None:
            self._cleaned = await asyncio.to_thread(without_values, self._view.original, self._view.hidden)
        return self._cleaned

    async def aclose(self) -> None:
        """End what is kept warm. More can be run afterwards."""
        await self._trials.aclose()
