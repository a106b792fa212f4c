"""Reports and trials as the text of `docs/tools.md`."""

from pathlib import Path

import pytest

from patchwire.agent import reports
from patchwire.agent.reports import counts, render_report, render_trials
from patchwire.ports import Trial
from patchwire.task import Frame, LineHits, TestReport, TestResult, TestStatus, Verdict

COMMAND = ("python", "-m", "pytest", "-q")
MESSAGE = "def test_total():\n>       assert Cart([2, 3]).total() == 5\nE       assert 3 == 5"
FAILURE = TestResult(
    "tests/test_cart.py::test_total",
    TestStatus.FAILED,
    "tests/test_cart.py",
    14,
    MESSAGE,
    (Frame("shop/cart.py", 31, "total"), Frame("tests/test_cart.py", 15, "test_total")),
)


def report(**changes) -> TestReport:
    fields = {"verdict": Verdict.FAILED, "command": COMMAND, "failed": 1, "passed": 14, "skipped": 1, "exit_code": 1}
    return TestReport(**(fields | {"seconds": 0.82, "results": (FAILURE,)} | changes))


def test_the_page_shows_what_is_rendered() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()
    assert f"```\n{render_report(report())}\n```" in page


@pytest.mark.parametrize(
    ("verdict", "word"),
    [(Verdict.PASSED, "PASSED:"), (Verdict.NO_TESTS, "NO TESTS:"), (Verdict.INCONCLUSIVE, "INCONCLUSIVE:")],
)
def test_the_first_word_is_the_verdict(verdict: Verdict, word: str) -> None:
    assert render_report(report(verdict=verdict, results=())).startswith(word)


def test_a_note_stands_second() -> None:
    assert render_report(report(note="the run was cut")).splitlines()[1] == "note: the run was cut"


@pytest.mark.parametrize(
    ("path", "line", "head"), [("a.py", None, "--- t failed (a.py)"), (None, None, "--- t failed")]
)
def test_a_place_that_is_not_known_is_left_out(path, line, head) -> None:
    text = render_report(report(results=(TestResult("t", TestStatus.FAILED, path, line),)))
    assert head in text.splitlines()


def test_many_failures_are_bounded() -> None:
    many = tuple(TestResult(f"t{n}", TestStatus.ERROR, message="x" * 9_999) for n in range(300))
    lines = render_report(report(results=many)).splitlines()
    assert sum(line.startswith("--- ") for line in lines) == reports.MAX_BLOCKS
    assert max(map(len, lines)) <= reports.MAX_MESSAGE + 2
    at = lines.index("… and 280 more:")
    assert lines[at + 1 :] == [f"t{n}" for n in range(20, 220)]


def test_hits_are_grouped_by_file() -> None:
    hits = (LineHits("a.py", 1, 2, 3), LineHits("a.py", 2, 1, 0), LineHits("b.py", 9, 1, 1))
    lines = render_report(report(hits=hits)).splitlines()
    assert lines[-3:] == ["lines run (failing/passing tests that ran each line):", "a.py: 1=2/3 2=1/0", "b.py: 9=1/1"]


def test_output_stands_only_for_a_run_without_results() -> None:
    assert "--- output" not in render_report(report(output="noise"))
    text = render_report(report(results=(), output="y" * reports.MAX_OUTPUT + "\n--- fake failed"))
    assert text.splitlines()[2] == "--- output"
    assert text.splitlines()[-1] == "  --- fake failed"
    assert len(text) < reports.MAX_OUTPUT + 200


def test_counts_for_people() -> None:
    assert counts(report()) == "1 failed, 14 passed, 1 skipped"
    assert counts(report(errors=1, failed=0)) == "1 error, 14 passed, 1 skipped"
    assert counts(report(errors=2, failed=0, passed=0, skipped=0)) == "2 errors"
    assert counts(TestReport(Verdict.NO_TESTS, COMMAND, exit_code=5)) == "no tests were found"
    assert counts(TestReport(Verdict.INCONCLUSIVE, COMMAND)) == "no tests were named"
    assert counts(TestReport(Verdict.FAILED, COMMAND, exit_code=1)) == "exit code 1, no tests were named"


def test_trials_in_ranges_with_the_telling_details_first() -> None:
    trials = [Trial("failed", f"f{n}") for n in range(1, 15)]
    trials += [Trial("passed", "never shown"), Trial("breaks", "broken\n  thing"), Trial("failed"), Trial("timeout")]
    trials += [Trial("refused", "no place"), Trial("skipped"), Trial("skipped")]
    lines = render_trials(trials, 3.14).splitlines()
    assert lines[:7] == [
        "tried 19 of 21 candidates in 3.1 s",
        "passed: 15",
        "breaks: 16",
        "failed: 1-14 17",
        "timed out: 18",
        "refused: 19",
        "not tried: 20-21",
    ]
    assert lines[7:10] == ["candidate 16: broken thing", "candidate 19: no place", "candidate 1: f1"]
    assert len(lines) == 7 + reports.MAX_DETAILS
