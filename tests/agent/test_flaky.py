"""Flaky or broken."""

from collections.abc import Mapping

from patchwire.agent.flaky import MOST_SUSPECTS, settled
from patchwire.ports import TestRun
from patchwire.task import TestReport, TestResult, TestStatus, Verdict

WHOLE = TestRun(originals=("test_a.py",), seconds=9.0)


def report(**statuses: str) -> TestReport:
    results = tuple(TestResult(name, TestStatus(status)) for name, status in statuses.items())
    failed = sum(status == "failed" for status in statuses.values())
    return TestReport(Verdict.FAILED if failed else Verdict.PASSED, ("t",), failed=failed, results=results)


class Runs:
    """Answers the runs that it is asked for, in turn, and remembers them."""

    def __init__(self, *answers: TestReport) -> None:
        self.answers = list(answers)
        self.asked: list[TestRun] = []

    async def __call__(self, run: TestRun) -> TestReport:
        self.asked.append(run)
        return self.answers.pop(0)


BEFORE = report(a="passed", b="passed", c="failed")


async def test_a_green_run_and_one_without_a_before_are_left_alone() -> None:
    runs = Runs()
    green = report(a="passed")
    assert await settled(green, BEFORE, WHOLE, runs) is green
    red = report(a="failed")
    assert await settled(red, None, WHOLE, runs) is red
    assert not runs.asked


async def test_what_failed_before_is_not_run_again() -> None:
    red = report(a="passed", c="failed")
    assert await settled(red, BEFORE, WHOLE, Runs()) is red


async def test_what_fails_again_is_broken() -> None:
    red = report(a="failed", b="passed")
    runs = Runs(report(a="failed"))
    assert await settled(red, BEFORE, WHOLE, runs) is red
    assert runs.asked == [TestRun(("a",), originals=("test_a.py",), seconds=9.0)]


async def test_what_passes_alone_and_then_with_all_is_flaky() -> None:
    runs = Runs(report(a="passed"), report(a="passed", b="passed", c="passed"))
    after = await settled(report(a="failed", b="passed", c="passed"), BEFORE, WHOLE, runs)
    assert (after.verdict, after.flaky) == (Verdict.PASSED, ("a",))
    assert runs.asked[1] == WHOLE


async def test_what_passes_alone_and_fails_with_all_is_broken() -> None:
    runs = Runs(report(a="passed"), report(a="failed", b="passed"))
    after = await settled(report(a="failed", b="passed"), BEFORE, WHOLE, runs)
    assert (after.verdict, after.flaky) == (Verdict.FAILED, ())
    assert after.note == "a passes alone, but fails when the whole suite is run"


async def test_beside_real_failures_the_flaky_ones_are_named() -> None:
    runs = Runs(report(a="passed", b="failed"))
    after = await settled(report(a="failed", b="failed", c="failed"), BEFORE, WHOLE, runs)
    assert (after.verdict, after.flaky, len(runs.asked)) == (Verdict.FAILED, ("a",), 1)


async def test_many_at_once_are_no_accident() -> None:
    names: Mapping[str, str] = {f"t{n}": "failed" for n in range(MOST_SUSPECTS + 1)}
    red = report(**names)
    assert await settled(red, report(**dict.fromkeys(names, "passed")), WHOLE, Runs()) is red
