"""What a turn came to, judged from facts."""

from dataclasses import replace

import pytest

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.agent.verdict import Facts, asks, holds_patch, judge
from patchwire.task import Status, TestReport, TestResult, TestStatus, Verdict


def run(verdict: Verdict, *, passed: tuple[str, ...] = (), failed: tuple[str, ...] = (), note: str = "") -> TestReport:
    results = [TestResult(name, TestStatus.PASSED) for name in passed]
    results += [TestResult(name, TestStatus.FAILED) for name in failed]
    return TestReport(verdict, ("pytest",), passed=len(passed), failed=len(failed), results=tuple(results), note=note)


RED = run(Verdict.FAILED, passed=("a",), failed=("b", "c"))
GREEN = run(Verdict.PASSED, passed=("a", "b", "c"))
NONE = run(Verdict.NO_TESTS, note="no tests were found: give --test")
CUT = run(Verdict.INCONCLUSIVE, note="the run was cut")


def facts(**changes) -> Facts:
    fields = {"prompt": DEFAULT_TASK, "said": "", "changed": True, "before": RED, "after": GREEN}
    return Facts(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({}, Status.DONE, "2 failing tests now pass, 0 broke; 3 passed."),
        ({"before": run(Verdict.FAILED, failed=("b",))}, Status.DONE, "1 failing test now passes, 0 broke"),
        ({"before": None}, Status.DONE, "3 passed."),
        ({"ended": "the budget of 3 steps is used up"}, Status.DONE, "2 failing tests now pass"),
        ({"after": run(Verdict.PASSED, passed=("a", "b"))}, Status.UNVERIFIED, "no longer run: c."),
        ({"after": run(Verdict.PASSED, passed=("b", "c"))}, Status.UNVERIFIED, "no longer run: a."),
        ({"after": run(Verdict.PASSED, passed=("b",))}, Status.UNVERIFIED, "no longer run: a and 1 more."),
        ({"after": replace(GREEN, turned=("x.y",))}, Status.UNVERIFIED, "changed what it is measured by"),
        ({"before": replace(RED, turned=("x",)), "after": replace(GREEN, turned=("x",))}, Status.DONE, "0 broke"),
        ({"suspicions": ("a.py asks",)}, Status.UNVERIFIED, "read the patch before you trust it: a.py asks."),
        ({"after": replace(GREEN, flaky=("a",))}, Status.DONE, "passed when run again: a."),
        ({"own_tests": ("t.py",), "own_after": GREEN}, Status.DONE, "The patch also changes tests: t.py."),
        ({"own_tests": ("t.py",), "own_after": RED}, Status.TESTS_FAILING, "not with the patch's own (t.py): 2 failed"),
        ({"after": NONE, "own_tests": ("t.py",), "own_after": GREEN}, Status.TESTS_FAILING, "they say nothing"),
        ({"filtered": True, "after": RED}, Status.REFUSED, "content filter"),
        ({"ended": "the time limit of 9 s is reached", "after": None}, Status.OUT_OF_BUDGET, "not verified"),
        ({"ended": "the time limit", "changed": False}, Status.OUT_OF_BUDGET, "Stopped: the time limit."),
        ({"ended": "the service is gone", "failed": True, "after": RED}, Status.FAILED, "the service is gone"),
        ({"after": NONE}, Status.UNVERIFIED, "could not be verified: no tests were found"),
        ({"after": None}, Status.UNVERIFIED, "could not be verified: no tests ran"),
        ({"after": CUT}, Status.UNVERIFIED, "could not be verified: the run was cut"),
        ({"after": run(Verdict.FAILED, passed=("b",), failed=("a", "c"))}, Status.TESTS_FAILING, "1 broke"),
        (
            {"after": RED, "own_after": GREEN, "own_tests": ("t.py",)},
            Status.TESTS_FAILING,
            "own changes to them (t.py)",
        ),
        (
            {"after": RED, "own_after": GREEN, "own_tests": ("t.py",), "prompt": "Change the tests."},
            Status.UNVERIFIED,
            "own changes to them (t.py)",
        ),
        ({"after": RED, "own_after": RED, "own_tests": ("t.py",)}, Status.TESTS_FAILING, "do not pass with this patch"),
        ({"changed": False, "before": GREEN}, Status.DONE, "pass already (3 passed); nothing needed doing"),
        ({"changed": False}, Status.NO_CHANGE, "No fix was found: 2 failed, 1 passed."),
        ({"changed": False, "before": NONE}, Status.NO_CHANGE, "no tests were found: give --test"),
        ({"changed": False, "before": run(Verdict.NO_TESTS)}, Status.NO_CHANGE, "no tests were found"),
        ({"changed": False, "before": CUT}, Status.NO_CHANGE, "could not be judged: the run was cut"),
        ({"changed": False, "before": None}, Status.NO_CHANGE, "Nothing was changed."),
        ({"changed": False, "before": GREEN, "prompt": "Add a flag."}, Status.NO_CHANGE, "Nothing was changed."),
    ],
)
def test_a_turn_is_judged_by_its_facts(changes: dict, status: Status, says: str) -> None:
    judged, message = judge(facts(**changes))
    assert judged is status
    assert says in message


def test_our_sentence_comes_before_what_the_model_said() -> None:
    _, message = judge(facts(said="  I fixed it.\n"))
    assert message.endswith("3 passed.\n\nI fixed it.")


@pytest.mark.parametrize(
    ("stood_for", "heard"),
    [
        ("tests/test_a.py", "tests/test_a.py::test_one"),
        ("tests/conftest.py", "tests/deep/test_a.py::test_one"),
        ("conftest.py", "test_a.py::test_one"),
    ],
)
def test_tests_that_could_not_be_collected_have_not_vanished(stood_for: str, heard: str) -> None:
    before = run(Verdict.FAILED, failed=(stood_for,))
    assert judge(facts(before=before, after=run(Verdict.PASSED, passed=(heard,))))[0] is Status.DONE


def test_a_test_that_is_skipped_now_was_not_mended() -> None:
    after = TestReport(Verdict.PASSED, (), results=(*GREEN.results[:2], TestResult("c", TestStatus.SKIPPED)))
    status, message = judge(facts(after=after))
    assert status is Status.UNVERIFIED
    assert "now skipped: c." in message


def test_tests_of_a_file_that_could_not_be_collected_are_counted_as_mended() -> None:
    before = run(Verdict.FAILED, passed=("b.py::t",), failed=("a.py",))
    after = run(Verdict.FAILED, passed=("a.py::one", "a.py::two"), failed=("a.py::three", "b.py::t"))
    assert "2 failing tests now pass, 1 broke" in judge(facts(before=before, after=after))[1]


def test_tests_below_another_conftest_are_no_substitute() -> None:
    before = run(Verdict.FAILED, failed=("a/conftest.py",))
    assert judge(facts(before=before, after=run(Verdict.PASSED, passed=("b/test_a.py::t",))))[0] is Status.UNVERIFIED


def test_a_patch_in_a_message_is_seen() -> None:
    assert holds_patch("Here:\n```diff\n--- a/x.py\n+++ b/x.py\n```")
    assert holds_patch("*** Begin Patch\n")
    assert not holds_patch("I changed a line --- see above.")


@pytest.mark.parametrize("text", ["Shall I go on?", "Which one?**\n", 'Did you mean "x"?)'])
def test_a_question_is_seen(text: str) -> None:
    assert asks(text)
    assert not asks(text + " No.")
