"""Outcomes for people and programs."""

import json

import pytest

from patchwire.cli.report import EXIT_CODES, SCHEMA_VERSION, as_json, failure, summary
from patchwire.patch.model import FileChange, Kind
from patchwire.task import Isolation, Outcome, Status, TestReport, TestResult, TestStatus, Usage, Verdict

COPY = Isolation("copy", "same user")
RED = TestReport(
    Verdict.FAILED,
    ("python", "-m", "pytest"),
    failed=1,
    results=(TestResult("t", TestStatus.FAILED, "t.py", 3, "boom"), TestResult("u", TestStatus.PASSED)),
    exit_code=1,
)
OUTCOME = Outcome(
    Status.DONE,
    "1 failing test now passes.",
    patch=(
        b"diff --git a/caf\xe9 b/caf\xe9\n--- a/caf\xe9\n+++ b/caf\xe9\n"
        b"@@ -1,2 +1,2 @@\n a\x0cb\n-x\xe2\x80\xa8\n+y\r\n"
    ),
    changes=(FileChange("a.py", Kind.MODIFY, "x", "y"), FileChange("Makefile", Kind.ADD, None, "all:\n")),
    before=RED,
    usage=Usage(
        input_tokens=900,
        output_tokens=100,
        cost=0.25,
        exchanges=3,
        tool_calls=4,
        bytes_up=10,
        resends=1,
        reconnects=2,
        model_seconds=0.75,
        tool_seconds=0.25,
        own_seconds=0.2,
    ),
    isolation=COPY,
    drifted=("b.py",),
    steps=3,
    seconds=1.23456,
)


def test_the_json_object_has_what_the_page_promises() -> None:
    value = json.loads(as_json(OUTCOME))
    assert list(value) == [
        "schema_version", "status", "message", "patch", "changes", "sensitive", "diff", "tests", "usage", "exchanges",
        "tool_calls", "bytes_up", "bytes_down", "resends", "reconnects", "model_seconds", "tool_seconds", "own_seconds",
        "isolation", "isolation_note", "drifted", "seconds",
    ]  # fmt: skip
    assert value["schema_version"] == SCHEMA_VERSION
    assert value["patch"].encode("utf-8", "surrogateescape") == OUTCOME.patch
    assert value["tests"]["after"] is None
    assert value["tests"]["before"]["failing"] == [{"id": "t", "path": "t.py", "line": 3, "message": "boom"}]
    assert value["changes"][0] == {"path": "a.py", "kind": "modify", "old_path": None}
    assert value["sensitive"] == [{"path": "Makefile", "why": "building, installing or testing runs it"}]
    assert value["seconds"] == 1.235
    assert (value["isolation"], value["isolation_note"], value["drifted"]) == ("copy", "same user", ["b.py"])


def test_a_failure_is_an_object_too() -> None:
    value = json.loads(failure("no way"))
    assert (value["status"], value["message"], value["patch"]) == ("failed", "no way", "")
    assert list(value) == list(json.loads(as_json(OUTCOME)))
    assert failure("no\nway").endswith(b"}\n")
    assert len(failure("no\nway").splitlines()) == 1


@pytest.mark.parametrize("status", Status)
def test_every_status_has_an_exit_code(status: Status) -> None:
    assert EXIT_CODES[status] in {0, 1, 3, 4, 130}


def test_the_summary_says_what_it_took() -> None:
    assert summary(OUTCOME) == (
        "1 file, +1 -1 · 1.2 s (model 0.8, tools 0.2) · 3 exchanges · 4 tool calls · 1,000 tokens · $0.2500 · 1 resent"
        " · 2 reconnected · isolation: copy (same user)"
    )
    free = Outcome(Status.DONE, "", usage=Usage(cost=0.0, input_tokens=5, exchanges=1), isolation=COPY)
    assert summary(free) == "0.0 s (model 0.0, tools 0.0) · 1 exchange · 0 tool calls · isolation: copy (same user)"


def test_the_size_of_the_diff_is_in_the_object() -> None:
    assert json.loads(as_json(OUTCOME))["diff"] == {"files": 1, "added": 1, "removed": 1}
    assert json.loads(failure("no way"))["diff"] == {"files": 0, "added": 0, "removed": 0}


def test_several_files_are_counted() -> None:
    two = OUTCOME.patch + OUTCOME.patch.replace(b"caf", b"tea")
    assert summary(Outcome(Status.DONE, "", patch=two, isolation=COPY)).startswith("2 files, +2 -2 · ")
