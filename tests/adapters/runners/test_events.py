"""What the probe wrote is added up, whatever state the file is in."""

import json
import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from patchwire.adapters.runners.events import gather, gather_file
from patchwire.task import Frame, LineHits, TestStatus

KEY = b"k" * 32
SEALED = Path(__file__).parents[3] / "server/patchwire/adapters/runners/probe/patchwire_probe/seal.py"


def lines(*events: dict[str, Any], key: bytes = KEY) -> list[bytes]:
    """The events as the probe writes them, by its own code."""
    spec = spec_from_file_location("seal", SEALED)
    seal = module_from_spec(spec)
    spec.loader.exec_module(seal)
    told, tell = os.pipe()
    sealed = seal.Sealed(key)
    sealed.out = tell
    for event in events:
        sealed.write(json.dumps(event))
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        return file.read().splitlines()


def result(when: str, outcome: str, message: str = "", **more: Any) -> dict[str, Any]:
    fields = {"event": "result", "id": "t.py::a", "when": when, "outcome": outcome, "message": message}
    return fields | {"frames": [["a.py", 1, "f"]], "seconds": 0.5} | more


START = {"event": "start", "id": "t.py::a", "path": "t.py", "line": 7}


def test_the_worse_of_two_words_on_a_test_counts() -> None:
    gathered = gather(lines(START, result("call", "passed"), result("teardown", "failed", "oh\x1b[0m")), KEY)
    (only,) = gathered.results.values()
    assert (only.status, only.message, only.path, only.line) == (TestStatus.ERROR, "oh", "t.py", 7)
    assert only.frames == (Frame("a.py", 1, "f"),)
    gathered = gather(lines(START, result("call", "failed"), result("call", "passed")), KEY)
    assert gathered.count(TestStatus.FAILED) == 1
    assert gather(lines(START, result("call", "rerun"), result("call", "passed")), KEY).count(TestStatus.PASSED) == 1


FINISH = {"event": "finish", "exit": 0, "modules": ["a"]}


def test_a_torn_last_line_is_a_crash_and_no_forgery() -> None:
    whole = lines(START, FINISH)
    gathered = gather([whole[0], whole[1][:-4]], KEY)
    assert (gathered.running, gathered.exit, gathered.forged) == (["t.py::a"], None, False)


@pytest.mark.parametrize(
    "forge",
    [
        lambda whole: [*whole, json.dumps(result("call", "passed")).encode()],  # somebody adds a line
        lambda whole: [*lines(result("call", "passed"), key=b"another"), *whole],
        lambda whole: [whole[0], whole[2]],  # or takes one away
        lambda whole: [whole[0].replace(b"t.py", b"u.py"), *whole[1:]],  # or changes one
        lambda whole: [whole[0], b"", *whole[1:]],
        lambda whole: [*whole[:2], whole[1], whole[2]],  # or says one again
    ],
)
def test_what_others_wrote_is_seen_and_does_not_count(forge: Any) -> None:
    whole = lines(START, result("call", "failed"), FINISH)
    assert not gather(whole, KEY).forged
    gathered = gather(forge(whole), KEY)
    assert gathered.forged
    assert not gathered.count(TestStatus.PASSED)


def test_an_event_that_nobody_knows_is_passed_over() -> None:
    assert not gather(lines({"event": "unheard-of"}, START), KEY).forged


def test_what_was_turned_is_told() -> None:
    assert gather(lines({"event": "turned", "name": "a.b"}), KEY).turned == ("a.b",)


def test_what_never_ended_gets_a_result_of_its_own() -> None:
    gathered = gather(lines(START, {"event": "interrupted", "frames": [["a.py", 3, "loop"]]}), KEY)
    gathered.still_running("still running")
    (only,) = gathered.results.values()
    assert (only.status, only.message, only.line) == (TestStatus.ERROR, "still running", 7)
    assert only.frames == (Frame("a.py", 3, "loop"),)
    assert gather(lines(START, {"event": "end", "id": "t.py::a"}, {"event": "end", "id": "never"}), KEY).running == []


def test_hits_of_several_processes_are_summed() -> None:
    events = lines({"event": "hits", "hits": [["a.py", 2, 1, 0]]}, {"event": "hits", "hits": [["a.py", 2, 0, 3]]})
    gathered = gather(events, KEY)
    assert gathered.hits == (LineHits("a.py", 2, failing=1, passing=3),)


def test_a_report_that_was_never_written_is_an_empty_one(tmp_path: Path) -> None:
    assert gather_file(tmp_path / "none", KEY).results == {}
    (tmp_path / "some").write_bytes(b"\n".join(lines(FINISH)))
    assert gather_file(tmp_path / "some", KEY).exit == 0
