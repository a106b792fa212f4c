"""The nouns of a task that have any behaviour."""

from patchwire.task import TestReport, TestResult, TestStatus, Verdict


def test_failing_tests_are_those_that_failed_or_broke() -> None:
    results = tuple(TestResult(status.value, status) for status in TestStatus)
    report = TestReport(Verdict.FAILED, ("pytest",), results=results)
    assert [result.id for result in report.failing] == ["failed", "error"]
