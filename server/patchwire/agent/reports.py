"""A `TestReport` and the verdicts of trials as the text that the model reads; `docs/tools.md` is the format's contract.

Knows no workspace and no runner: values in, bounded text out.
"""

from collections.abc import Iterable, Sequence

from patchwire.ports import CommandRun, Trial
from patchwire.task import LineHits, TestReport, TestResult, Verdict

MAX_BLOCKS = 20
MAX_IDS = 200
MAX_MESSAGE = 2_000
MAX_OUTPUT = 8_000
MAX_DETAILS = 10

_HEADLINE = {
    Verdict.PASSED: "PASSED",
    Verdict.FAILED: "FAILED",
    Verdict.NO_TESTS: "NO TESTS",
    Verdict.INCONCLUSIVE: "INCONCLUSIVE",
}


def counts(report: TestReport) -> str:
    """The report in half a line, for people: `1 failed, 14 passed`."""
    parts = [
        (report.failed, "failed"),
        (report.errors, "errors" if report.errors != 1 else "error"),
        (report.passed, "passed"),
        (report.skipped, "skipped"),
    ]
    if numbers := [f"{n} {word}" for n, word in parts if n]:
        return ", ".join(numbers)
    if report.verdict is Verdict.NO_TESTS:
        return "no tests were found"
    ended = "" if report.exit_code is None else f"exit code {report.exit_code}, "
    return f"{ended}no tests were named"


def render_report(report: TestReport) -> str:
    """The output of `run_tests`."""
    numbers = f"{report.failed} failed, {report.passed} passed, {report.errors} errors, {report.skipped} skipped"
    lines = [f"{_HEADLINE[report.verdict]}: {numbers} in {report.seconds:.2f} s (exit code {report.exit_code})"]
    if report.note:
        lines.append(f"note: {report.note}")
    lines.append(f"command: {' '.join(report.command)}")
    if report.flaky:
        lines.append(f"flaky (failed once, passed when run again): {', '.join(report.flaky[:MAX_IDS])}")
    failing = report.failing
    for result in failing[:MAX_BLOCKS]:
        lines += _block(result)
    if rest := failing[MAX_BLOCKS:]:
        lines.append(f"… and {len(rest)} more:")
        lines += [result.id for result in rest[:MAX_IDS]]
    if report.hits:
        lines.append("lines run (failing/passing tests that ran each line):")
        lines += _hits(report.hits)
    if not report.results and report.output:
        lines.append("--- output")
        lines += _indented(report.output[-MAX_OUTPUT:])
    return "\n".join(lines)


def render_command(run: CommandRun) -> str:
    """The output of `run_command`."""
    ended = f"exit code {run.exit_code}" if not run.timed_out else "stopped by the time limit"
    lines = [f"{ended} after {run.seconds:.2f} s"]
    if run.note:
        lines.append(f"note: {run.note}")
    if run.kept:
        lines.append(f"kept: {', '.join(run.kept[:MAX_IDS])}")
    if run.output:
        lines.append("--- output")
        cut = len(run.output) - MAX_OUTPUT
        lines += _indented(run.output if cut <= 0 else f"[{cut} characters left out]\n{run.output[-MAX_OUTPUT:]}")
    return "\n".join(lines)


def _block(result: TestResult) -> list[str]:
    where = ""
    if result.path is not None:
        where = f" ({result.path}:{result.line})" if result.line is not None else f" ({result.path})"
    return [
        f"--- {result.id} {result.status.value}{where}",
        *_indented(result.message[:MAX_MESSAGE]),
        *(f"at {frame.path}:{frame.line} in {frame.function}" for frame in result.frames),
    ]


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _hits(hits: Iterable[LineHits]) -> list[str]:
    by_path: dict[str, list[str]] = {}
    for hit in hits:
        by_path.setdefault(hit.path, []).append(f"{hit.line}={hit.failing}/{hit.passing}")
    return [f"{path}: {' '.join(lines)}" for path, lines in by_path.items()]


_TRIAL_WORDS = (
    ("passed", "passed"),
    ("breaks", "breaks"),
    ("failed", "failed"),
    ("timeout", "timed out"),
    ("refused", "refused"),
    ("skipped", "not tried"),
)


def render_trials(trials: Sequence[Trial], seconds: float) -> str:
    """The output of `try_patches`; the trials in the order of the candidates, which count from 1."""
    tried = sum(trial.verdict != "skipped" for trial in trials)
    lines = [f"tried {tried} of {len(trials)} candidates in {seconds:.1f} s"]
    for verdict, word in _TRIAL_WORDS:
        if numbers := [n for n, trial in enumerate(trials, 1) if trial.verdict == verdict]:
            lines.append(f"{word}: {_ranges(numbers)}")
    told = [(n, trial) for n, trial in enumerate(trials, 1) if trial.detail and trial.verdict != "passed"]
    told.sort(key=lambda pair: (pair[1].verdict not in {"breaks", "refused"}, pair[0]))
    for number, trial in told[:MAX_DETAILS]:
        lines.append(f"candidate {number}: {' '.join(trial.detail.split())[:300]}")
    return "\n".join(lines)


def _ranges(numbers: Sequence[int]) -> str:
    """`1-4 6` for 1, 2, 3, 4, 6."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
