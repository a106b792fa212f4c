"""pytest: started with our probe in it, and judged by its exit code and by its results together."""

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from patchwire.adapters.process import Finished, run
from patchwire.adapters.runners.channel import channel
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.events import Gathered
from patchwire.adapters.runners.place import Place, outside_note
from patchwire.adapters.runners.report import FORGED, report
from patchwire.task import TestReport, TestStatus, Verdict

_OPTIONS = ("-p", "patchwire_probe.plugin", "--continue-on-collection-errors")
_COMPLAINT = re.compile(
    r"^(?:ERROR: (?!usage: )|.*?: error: |INTERNALERROR> (?=[\w.]+(?:Error|Warning): ))(.+)$", re.MULTILINE
)
_PASSED, _FAILED, _NO_TESTS = 0, 1, 5


@dataclass(frozen=True, slots=True)
class Ran:
    """A report, and the third-party modules that the run imported."""

    report: TestReport
    modules: tuple[str, ...]


async def run_pytest(
    command: Command,
    place: Place,
    seconds: float,
    *,
    targets: Sequence[str] = (),
    trace: bool = False,
    most_failures: int | None = None,
) -> Ran:
    """Run pytest in the copy. `targets` take the place of what the command names; `most_failures` stops it early.

    Raises WorkspaceError if it cannot be started.
    """
    place.loaded_outside()
    wishes = {"trace": trace, "most_failures": most_failures} | ({"targets": list(targets)} if targets else {})
    with channel(place, **wishes) as probe:
        environment = place.variables(command) | probe.variables
        finished = await run(
            _argv(command),
            cwd=place.root,
            environment=environment,
            seconds=seconds,
            confinement=place.confinement,
        )
        gathered = probe.gathered()
    return Ran(judge(command, place, finished, gathered, seconds, targets), gathered.modules)


def _argv(command: Command) -> list[str]:
    at = command.pytest_at
    assert at is not None  # noqa: S101  # only pytest commands come here
    return [*command.argv[:at], *_OPTIONS, *command.argv[at:]]


def judge(
    command: Command,
    place: Place,
    finished: Finished,
    gathered: Gathered,
    seconds: float,
    targets: Sequence[str] = (),
) -> TestReport:
    """What the exit code and the results say together; if they disagree nothing is concluded: `note` says why."""
    outside = place.loaded_outside()
    if finished.timed_out:
        gathered.still_running(f"still running when the time limit of {seconds:g} s ended the run")
    elif gathered.exit is None:
        gathered.still_running(f"the process ended ({_ending(finished.exit_code)}) while this test was running")
    verdict, note = _verdict(command, finished, gathered, seconds)
    if gathered.forged:
        verdict, note = Verdict.INCONCLUSIVE, FORGED
    if outside and not finished.timed_out:
        verdict, note = Verdict.INCONCLUSIVE, outside_note(outside)
    return report(
        (*command.shown, *targets),
        place,
        finished,
        gathered.results.values(),
        (verdict, note),
        hits=tuple(hit for hit in gathered.hits if hit.failing),
        turned=gathered.turned,
    )


def _verdict(command: Command, finished: Finished, gathered: Gathered, seconds: float) -> tuple[Verdict, str]:
    failing = gathered.count(TestStatus.FAILED) + gathered.count(TestStatus.ERROR)
    if finished.timed_out:
        where = f" while {gathered.running[0]} was running" if gathered.running else ""
        return Verdict.INCONCLUSIVE, f"the time limit of {seconds:g} s ended the run{where}"
    if finished.exit_code == _PASSED:
        return _verdict_on_success(gathered, failing)
    if finished.exit_code == _NO_TESTS and not failing:
        return Verdict.NO_TESTS, "pytest found no tests; --test names another command"
    if failing:
        return Verdict.FAILED, ""
    return Verdict.INCONCLUSIVE, _why(command, finished)


def _verdict_on_success(gathered: Gathered, failing: int) -> tuple[Verdict, str]:
    if gathered.exit is None:
        return Verdict.INCONCLUSIVE, "exit code 0, but pytest did not reach its end (a test left the process?)"
    if failing or gathered.exit != _PASSED:
        return Verdict.INCONCLUSIVE, "exit code 0, but not all tests passed"
    if gathered.collected is not None and gathered.collected > len(gathered.results):
        return Verdict.INCONCLUSIVE, f"exit code 0, but {len(gathered.results)} of {gathered.collected} tests ran"
    if not gathered.count(TestStatus.PASSED):
        return Verdict.NO_TESTS, "every test was skipped"
    return Verdict.PASSED, ""


def _why(command: Command, finished: Finished) -> str:
    """Why a run failed without a failing test."""
    if "No module named pytest" in finished.output or "No module named 'pytest'" in finished.output:
        python = command.argv[0]
        return (
            f"{python} has no pytest: install it there ({python} -m pip install pytest) or name a command with --test"
        )
    complaint = "; ".join(dict.fromkeys(_COMPLAINT.findall(finished.output)))
    return f"pytest ended with {_ending(finished.exit_code)} and no failing test" + (
        f": {complaint}" if complaint else ""
    )


def _ending(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
