"""The nouns of a task that have any behaviour."""

from patchwire.patch.model import FileChange, Kind
from patchwire.task import Isolation, Outcome, Status, TestReport, TestResult, TestStatus, Verdict


def test_failing_tests_are_those_that_failed_or_broke() -> None:
    results = tuple(TestResult(status.value, status) for status in TestStatus)
    report = TestReport(Verdict.FAILED, ("pytest",), results=results)
    assert [result.id for result in report.failing] == ["failed", "error"]


def test_an_outcome_names_what_runs_code_on_both_sides_of_a_rename() -> None:
    changes = (
        FileChange("a.py", Kind.MODIFY, "x", "y"),
        FileChange("setup.txt", Kind.RENAME, "x", "x", old_path="setup.py"),
        FileChange(".vscode/tasks.json", Kind.ADD, None, "{}"),
    )
    named = Outcome(Status.DONE, "", changes=changes).sensitive
    assert [path for path, _ in named] == [".vscode/tasks.json", "setup.py"]


def test_an_isolation_in_words_is_its_level_and_what_that_means() -> None:
    assert str(Isolation("copy", "a private copy")) == "copy (a private copy)"
