"""An `Outcome` for the people and programs that called the command: exit codes, the JSON object, closing lines."""

import io
import json
from typing import Any

from patchwire.task import Outcome, Status, TestReport

SCHEMA_VERSION = 1

EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_INTERRUPTED = 130
EXIT_CODES = {
    Status.DONE: 0,
    Status.TESTS_FAILING: 1,
    Status.NO_CHANGE: 1,
    Status.OUT_OF_BUDGET: 1,
    Status.REFUSED: 1,
    Status.FAILED: EXIT_FAILED,
    Status.UNVERIFIED: 4,
    Status.CANCELLED: EXIT_INTERRUPTED,
}
MAX_MESSAGE = 4_000
"""Characters of one test's message in the JSON object."""


def as_json(outcome: Outcome) -> bytes:
    """The outcome as one JSON object on a line (docs/cli.md). Bytes of the patch that are no UTF-8 become lone
    surrogates.
    """
    usage = outcome.usage
    value: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "status": outcome.status.value,
        "message": outcome.message,
        "patch": outcome.patch.decode("utf-8", "surrogateescape"),
        "changes": [
            {"path": change.path, "kind": change.kind.value, "old_path": change.old_path} for change in outcome.changes
        ],
        "sensitive": [{"path": path, "why": why} for path, why in outcome.sensitive],
        "diff": _size(outcome.patch),
        "tests": {"before": _tests(outcome.before), "after": _tests(outcome.after)},
        "usage": {
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cost_usd": usage.cost,
        },
        "exchanges": usage.exchanges,
        "tool_calls": usage.tool_calls,
        "bytes_up": usage.bytes_up,
        "bytes_down": usage.bytes_down,
        "resends": usage.resends,
        "reconnects": usage.reconnects,
        "model_seconds": round(usage.model_seconds, 3),
        "tool_seconds": round(usage.tool_seconds, 3),
        "own_seconds": round(usage.own_seconds, 3),
        "isolation": outcome.isolation and outcome.isolation.level,
        "isolation_note": outcome.isolation and outcome.isolation.sentence,
        "drifted": list(outcome.drifted),
        "seconds": round(outcome.seconds, 3),
    }
    return json.dumps(value).encode("ascii") + b"\n"


def failure(message: str, status: Status = Status.FAILED) -> bytes:
    """The JSON object of a run that ended before there was an outcome: it has every key, too."""
    return as_json(Outcome(status, message))


def _size(patch: bytes) -> dict[str, int]:
    """How many files a diff of git's touches, and how many lines it adds and removes."""
    if not patch:
        return {"files": 0, "added": 0, "removed": 0}
    from unidiff.patch import PatchSet  # only where there is a diff to read

    # Line ends within lines (a form feed, U+2028) are no line ends to git: latin-1 keeps every byte one character.
    files = PatchSet(io.StringIO(patch.decode("latin-1"), newline="\n"))
    return {"files": len(files), "added": files.added, "removed": files.removed}


def _tests(report: TestReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "verdict": report.verdict.value,
        "command": list(report.command),
        "passed": report.passed,
        "failed": report.failed,
        "errors": report.errors,
        "skipped": report.skipped,
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 3),
        "timed_out": report.timed_out,
        "note": report.note,
        "failing": [
            {"id": test.id, "path": test.path, "line": test.line, "message": test.message[:MAX_MESSAGE]}
            for test in report.failing
        ],
    }


def summary(outcome: Outcome) -> str:
    """One line on what it took."""
    usage = outcome.usage
    parts = [
        f"{outcome.seconds:.1f} s (model {usage.model_seconds:.1f}, tools {usage.tool_seconds:.1f})",
        _count(usage.exchanges, "exchange"),
        _count(usage.tool_calls, "tool call"),
    ]
    if usage.cost is None or usage.cost > 0:
        parts.append(f"{usage.input_tokens + usage.output_tokens:,} tokens")
    if usage.cost:
        parts.append(f"${usage.cost:.4f}")
    if usage.resends:
        parts.append(f"{usage.resends} resent")
    if usage.reconnects:
        parts.append(f"{usage.reconnects} reconnected")
    if outcome.patch:
        size = _size(outcome.patch)
        parts.insert(0, f"{_count(size['files'], 'file')}, +{size['added']} -{size['removed']}")
    if outcome.isolation is not None:
        parts.append(f"isolation: {outcome.isolation}")
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
