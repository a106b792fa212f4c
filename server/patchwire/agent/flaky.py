"""Flaky or broken: tests that passed before and fail now are run once more before anybody is blamed.

A test that passes alone may still fail in the suite each time, because the patch lets tests see each other; so a suite
is green only if it was green as a whole.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from patchwire.ports import TestRun
from patchwire.task import TestReport, TestStatus, Verdict

MOST_SUSPECTS = 20
"""More than so many at once are no accident."""


async def settled(
    report: TestReport, before: TestReport | None, run: TestRun, again: Callable[[TestRun], Awaitable[TestReport]]
) -> TestReport:
    """What a `run` of the whole suite came to, with `TestReport.flaky` named. `again` runs tests."""
    if before is None or report.verdict is not Verdict.FAILED:
        return report
    suspects = _newly_failing(report, before)
    if not 0 < len(suspects) <= MOST_SUSPECTS:
        return report
    second = await again(replace(run, targets=suspects, trace=False))
    recovered = tuple(test for test in suspects if test in _passed(second))
    if not recovered:
        return report
    if len(recovered) < len(report.failing):
        return replace(report, flaky=recovered)
    whole = await again(replace(run, trace=False))
    if set(recovered).isdisjoint(result.id for result in whole.failing):
        return replace(whole, flaky=recovered)
    note = f"{recovered[0]} passes alone, but fails when the whole suite is run"
    return replace(whole, note="; ".join(filter(None, (whole.note, note))))


def _newly_failing(report: TestReport, before: TestReport) -> tuple[str, ...]:
    passed = _passed(before)
    return tuple(result.id for result in report.failing if result.id in passed)


def _passed(report: TestReport) -> frozenset[str]:
    return frozenset(result.id for result in report.results if result.status is TestStatus.PASSED)
