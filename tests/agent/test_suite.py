"""The tests of one turn, over a workspace in memory. How a turn uses them: `test_turn.py`."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from tests.fakes.workspace import FakeWorkspace

from patchwire.agent.suite import LONG_SECONDS, Suite
from patchwire.ports import TestRun
from patchwire.task import TestReport, TestResult, TestsRan, TestStatus, Verdict

FILES = {"shop/cart.py": "1", "tests/test_cart.py": "", "tests/test_tax.py": ""}


class Meter:
    """As much of a meter as a suite asks for."""

    run_seconds = 7.0
    seconds_left = 1.0

    def timing(self, part: str) -> AbstractContextManager[None]:
        return nullcontext()


def play(seconds: float):
    def run(files: Mapping[str, str], run: TestRun) -> TestReport:
        passed = files["shop/cart.py"] == "2"
        result = TestResult("t", TestStatus.PASSED if passed else TestStatus.FAILED)
        verdict = Verdict.PASSED if passed else Verdict.FAILED
        return TestReport(verdict, ("t",), failed=int(not passed), results=(result,), seconds=seconds)

    return run


def suite(seconds: float = 0.1) -> tuple[Suite, FakeWorkspace, list[object]]:
    workspace, told = FakeWorkspace(FILES, play(seconds)), []
    return Suite(workspace, Meter(), told.append), workspace, told


async def test_the_first_run_before_a_write_is_the_measure() -> None:
    tests, workspace, told = suite()
    await tests.measure()
    assert tests.before is tests.current is not None
    tests.written()
    assert (tests.current, tests.changed) == (None, True)
    await workspace.write([("shop/cart.py", "2")])
    await tests.measure()
    assert (tests.before.verdict, tests.current.verdict) == (Verdict.FAILED, Verdict.PASSED)
    assert [piece.phase for piece in told if isinstance(piece, TestsRan)] == ["before", "during"]
    assert workspace.runs == [TestRun(seconds=7.0)] * 2


async def test_a_first_run_after_a_write_is_no_measure() -> None:
    tests, _, _ = suite()
    tests.written()
    await tests.measure()
    assert tests.before is None
    assert tests.current is not None


async def test_the_last_run_may_take_its_time() -> None:
    tests, workspace, told = suite()
    report = await tests.verify(("tests/test_cart.py",))
    assert workspace.runs == [TestRun(originals=("tests/test_cart.py",), seconds=300.0)]
    assert told == [TestsRan("after", report)]


async def test_near_tests_are_asked_before_a_long_suite() -> None:
    tests, workspace, _ = suite(LONG_SECONDS)
    assert await tests.fails_nearby() is None, "there is nothing to compare with"
    await tests.measure()
    assert await tests.fails_nearby() is None, "nothing was changed"
    await workspace.write([("shop/cart.py", "3")])
    assert (await tests.fails_nearby()).verdict is Verdict.FAILED
    assert workspace.runs[-1] == TestRun(("tests/test_cart.py",), seconds=7.0)
    await workspace.write([("shop/cart.py", "2")])
    assert await tests.fails_nearby() is None


async def test_a_short_suite_is_run_at_once() -> None:
    tests, workspace, _ = suite()
    await tests.measure()
    await workspace.write([("shop/cart.py", "3")])
    assert await tests.fails_nearby() is None
    assert len(workspace.runs) == 1
