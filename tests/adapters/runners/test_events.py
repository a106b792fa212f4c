"""What the probe wrote is added up, whatever state the file is in."""

import json
from pathlib import Path
from typing import Any

from patchwire.adapters.runners.events import gather, gather_file
from patchwire.task import Frame, LineHits, TestStatus


def lines(*events: dict[str, Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


def result(when: str, outcome: str, message: str = "", **more: Any) -> dict[str, Any]:
    fields = {"event": "result", "id": "t.py::a", "when": when, "outcome": outcome, "message": message}
    return fields | {"frames": [["a.py", 1, "f"]], "seconds": 0.5} | more


START = {"event": "start", "id": "t.py::a", "path": "t.py", "line": 7}


def test_the_worse_of_two_words_on_a_test_counts() -> None:
    gathered = gather(lines(START, result("call", "passed"), result("teardown", "failed", "oh\x1b[0m")))
    (only,) = gathered.results.values()
    assert (only.status, only.message, only.path, only.line) == (TestStatus.ERROR, "oh", "t.py", 7)
    assert only.frames == (Frame("a.py", 1, "f"),)
    gathered = gather(lines(START, result("call", "failed"), result("call", "passed")))
    assert gathered.count(TestStatus.FAILED) == 1
    assert gather(lines(START, result("call", "rerun"), result("call", "passed"))).count(TestStatus.PASSED) == 1


def test_lines_that_are_torn_or_foreign_are_passed_over() -> None:
    torn = [b'{"event": "sta', b"\xff\xfe", b"[]", b"3", b'{"event": "start"}', b'{"no": "event"}', b"{}"]
    gathered = gather([*torn, *lines(START), b'{"event": "unheard-of"}'])
    assert gathered.running == ["t.py::a"]
    assert gathered.exit is None


def test_what_never_ended_gets_a_result_of_its_own() -> None:
    gathered = gather(lines(START, {"event": "interrupted", "frames": [["a.py", 3, "loop"]]}))
    gathered.still_running("still running")
    (only,) = gathered.results.values()
    assert (only.status, only.message, only.line) == (TestStatus.ERROR, "still running", 7)
    assert only.frames == (Frame("a.py", 3, "loop"),)
    assert gather(lines(START, {"event": "end", "id": "t.py::a"}, {"event": "end", "id": "never"})).running == []


def test_hits_of_several_processes_are_summed() -> None:
    gathered = gather(
        lines({"event": "hits", "hits": [["a.py", 2, 1, 0]]}, {"event": "hits", "hits": [["a.py", 2, 0, 3]]})
    )
    assert gathered.hits == (LineHits("a.py", 2, failing=1, passing=3),)


def test_a_report_that_was_never_written_is_an_empty_one(tmp_path: Path) -> None:
    assert gather_file(tmp_path / "none").results == {}
    (tmp_path / "some").write_bytes(b"\n".join(lines({"event": "finish", "exit": 0, "modules": ["a"]})))
    assert gather_file(tmp_path / "some").exit == 0
