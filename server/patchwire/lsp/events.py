"""Progress, reports and usage as the JSON of docs/lsp.md. Values in, dictionaries out; knows no client."""

from typing import Any

from patchwire.task import (
    Outcome,
    Progress,
    Retracted,
    Said,
    StepDone,
    TestReport,
    TestsRan,
    Thinking,
    ToolFinished,
    ToolStarted,
    Usage,
    Waiting,
)

MAX_TEXT = 4_000
"""Characters of one test's message, and of what goes into a tool and comes out of it."""


def event(progress: Progress) -> dict[str, Any]:
    """One piece of progress as a `patchwire/event`, without its root and turn."""
    match progress:
        case Said(text=text):
            return {"kind": "said", "text": text}
        case Retracted(why=why):
            return {"kind": "retracted", "why": why}
        case Thinking(text=text):
            return {"kind": "thinking", "text": text}
        case ToolStarted():
            return {
                "kind": "toolStarted",
                "callId": progress.call_id,
                "name": progress.name,
                "title": progress.title,
                "arguments": progress.arguments[:MAX_TEXT],
            }
        case ToolFinished():
            return {
                "kind": "toolFinished",
                "callId": progress.call_id,
                "name": progress.name,
                "ok": progress.ok,
                "summary": progress.summary,
                "seconds": round(progress.seconds, 3),
                "output": progress.output[:MAX_TEXT],
            }
        case TestsRan():
            return {"kind": "testsRan", "phase": progress.phase, "report": report(progress.report)}
        case StepDone():
            return {"kind": "stepDone", "step": progress.step, "usage": usage(progress.usage)}
        case Waiting():
            return {"kind": "waiting", "why": progress.why, "seconds": round(progress.seconds, 3)}


def report(ran: TestReport) -> dict[str, Any]:
    """A run of the tests."""
    return {
        "verdict": ran.verdict.value,
        "command": list(ran.command),
        "passed": ran.passed,
        "failed": ran.failed,
        "errors": ran.errors,
        "skipped": ran.skipped,
        "exitCode": ran.exit_code,
        "seconds": round(ran.seconds, 3),
        "timedOut": ran.timed_out,
        "note": ran.note,
        "failing": [
            {"id": test.id, "path": test.path, "line": test.line, "message": test.message[:MAX_TEXT]}
            for test in ran.failing
        ],
    }


def usage(used: Usage) -> dict[str, Any]:
    """What was used so far."""
    return {
        "inputTokens": used.input_tokens,
        "cachedTokens": used.cached_tokens,
        "outputTokens": used.output_tokens,
        "reasoningTokens": used.reasoning_tokens,
        "costUsd": used.cost,
        "exchanges": used.exchanges,
        "toolCalls": used.tool_calls,
        "bytesUp": used.bytes_up,
        "bytesDown": used.bytes_down,
        "resends": used.resends,
        "reconnects": used.reconnects,
    }


def outcome(ended: Outcome) -> dict[str, Any]:
    """What a turn came to, but for its change: that one goes its own way from here."""
    return {
        "status": ended.status.value,
        "message": ended.message,
        "tests": {
            "before": report(ended.before) if ended.before is not None else None,
            "after": report(ended.after) if ended.after is not None else None,
        },
        "usage": usage(ended.usage),
        "isolation": str(ended.isolation) if ended.isolation is not None else None,
        "steps": ended.steps,
        "seconds": round(ended.seconds, 3),
    }
