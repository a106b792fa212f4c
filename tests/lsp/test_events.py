"""Progress, reports and outcomes as JSON: each member of the union, by the keys that docs/lsp.md names."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from patchwire.lsp import events
from patchwire.task import (
    Isolation,
    Outcome,
    Progress,
    Retracted,
    Said,
    Status,
    StepDone,
    TestReport,
    TestResult,
    TestsRan,
    TestStatus,
    Thinking,
    ToolFinished,
    ToolStarted,
    Usage,
    Verdict,
    Waiting,
)

PAGE = (Path(__file__).parents[2] / "docs" / "lsp.md").read_text("utf-8")
REPORT = TestReport(
    Verdict.FAILED,
    ("pytest",),
    passed=1,
    failed=1,
    exit_code=1,
    results=(TestResult("t.py::t", TestStatus.FAILED, "t.py", 3, "x" * 5000),),
)
EACH = [
    Said("Hello"),
    Retracted("lost"),
    Thinking("hm"),
    ToolStarted("1", "read_file", "reads a.py", "{}"),
    ToolFinished("1", "read_file", ok=True, summary="lines 1-2", seconds=0.1234, output="y" * 5000),
    TestsRan("before", REPORT),
    StepDone(2, Usage(input_tokens=7)),
    Waiting("rate limit", 2.0),
]


def documented(kind: str) -> set[str]:
    row = re.search(rf"^\| `{kind}` \| (.*?) \|", PAGE, re.MULTILINE)
    assert row is not None, f"docs/lsp.md has no row for {kind}"
    outside_brackets = re.sub(r"\(.*?\)", "", row[1])
    return {"kind", *re.findall(r"`(\w+)`", outside_brackets)}


def test_every_member_of_the_union_is_here() -> None:
    assert {type(piece) for piece in EACH} == set(get_args(Progress))


@pytest.mark.parametrize("piece", EACH, ids=lambda piece: type(piece).__name__)
def test_an_event_has_the_keys_that_are_documented(piece: Progress) -> None:
    event = events.event(piece)
    assert set(event) == documented(event["kind"])
    assert json.loads(json.dumps(event)) == event


def test_long_texts_are_cut() -> None:
    assert len(events.report(REPORT)["failing"][0]["message"]) == events.MAX_TEXT
    assert len(events.event(EACH[4])["output"]) == events.MAX_TEXT


def test_an_outcome_without_tests_says_so() -> None:
    ended = events.outcome(
        Outcome(Status.DONE, "Done.", isolation=Isolation("copy", "a copy"), steps=2, seconds=1.23456)
    )
    assert ended["tests"] == {"before": None, "after": None}
    assert (ended["status"], ended["isolation"], ended["seconds"]) == ("done", "copy (a copy)", 1.235)


def test_an_outcome_with_tests() -> None:
    ended = events.outcome(Outcome(Status.DONE, "Done.", before=REPORT, after=REPORT))
    assert ended["tests"]["after"]["failed"] == 1
    assert ended["isolation"] is None
