"""How a run becomes a `TestReport`, whatever the runner: exit code and results have to agree.

Where they do not, nothing is concluded. Knows no runner: results come in, a report goes out.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

from patchwire.adapters.plain_text import plain_text
from patchwire.adapters.process import Finished
from patchwire.adapters.runners.place import Place
from patchwire.task import LineHits, TestReport, TestResult, TestStatus, Verdict

FORGED = "somebody other than our probe wrote into the report of this run"
MESSAGE_HEAD, MESSAGE_TAIL = 500, 1450
MOST_NAME = 2_000
_BREAKS = dict.fromkeys(map(ord, "\n\t\u2028\u2029\x85"), " ")


def shortened(message: str) -> str:
    """A message of bounded length: its beginning and its end."""
    if len(message) <= MESSAGE_HEAD + MESSAGE_TAIL:
        return message
    return f"{message[:MESSAGE_HEAD]}\n[...]\n{message[-MESSAGE_TAIL:]}"


def one_line(name: str) -> str:
    """A test's name as it can stand in a line: titles are free text, and a break in one could pass for a result."""
    return plain_text(name).translate(_BREAKS)[:MOST_NAME]


def _plain_path(path: str | None) -> str | None:
    return path if path is not None and path == one_line(path) else None


def report(
    shown: tuple[str, ...],
    place: Place,
    finished: Finished,
    results: Iterable[TestResult],
    verdict: tuple[Verdict, str],
    *,
    hits: tuple[LineHits, ...] = (),
    turned: tuple[str, ...] = (),
) -> TestReport:
    """The report of a finished run. `shown` is the command as its user knows it; `verdict` comes with its note."""
    results = tuple(
        replace(each, id=one_line(each.id), path=_plain_path(each.path), message=place.shown(each.message))
        for each in results
    )
    count = Counter(each.status for each in results)
    return TestReport(
        verdict[0],
        shown,
        passed=count[TestStatus.PASSED],
        failed=count[TestStatus.FAILED],
        errors=count[TestStatus.ERROR],
        skipped=count[TestStatus.SKIPPED],
        results=results,
        exit_code=finished.exit_code,
        seconds=finished.seconds,
        timed_out=finished.timed_out,
        output=place.shown(finished.output),
        note=place.shown(verdict[1]),
        hits=hits,
        turned=turned,
    )


def concluded(
    finished: Finished, results: Collection[TestResult], seconds: float, *, incomplete: str, silent: str
) -> tuple[Verdict, str]:
    """The verdict, and why there is none, of a runner that tells of its tests.

    `incomplete` is a reason not to believe a green run ("" if there is none); `silent` what to say where the runner
    failed and named no failing test.
    """
    failing = any(each.status in (TestStatus.FAILED, TestStatus.ERROR) for each in results)
    if finished.timed_out:
        return Verdict.INCONCLUSIVE, f"the time limit of {seconds:g} s ended the run"
    if finished.exit_code:
        return (Verdict.FAILED, "") if failing else (Verdict.INCONCLUSIVE, silent)
    if incomplete:
        return Verdict.INCONCLUSIVE, f"exit code 0, but {incomplete}"
    if failing:
        return Verdict.INCONCLUSIVE, "exit code 0, but not all tests passed"
    if not any(each.status is TestStatus.PASSED for each in results):
        return Verdict.NO_TESTS, "every test was skipped" if results else "no tests were found"
    return Verdict.PASSED, ""
