"""One road to every runner: how a command is settled, run and judged. Foreign runners are played by small scripts."""

import json
import os
import sys
from pathlib import Path

import pytest

from patchwire.adapters.runners import foreign
from patchwire.adapters.runners.command import resolve
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.suite import Suite, run_suite
from patchwire.task import TestReport, Verdict

ENVIRONMENT = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
TOLD = {
    "numPassedTests": 1,
    "numFailedTests": 0,
    "testResults": [
        {"name": "a.test.js", "status": "passed", "assertionResults": [{"fullName": "a", "status": "passed"}]}
    ],
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("copy/tree", "tree"):
        (tmp_path / name).mkdir(parents=True)
    return Place(tmp_path / "copy" / "tree", tmp_path / "tree", tmp_path / "copy", ENVIRONMENT)


def program(place: Place, name: str, body: str) -> None:
    """A program of that name in the tree."""
    (place.root / name).write_text(f"#!{sys.executable}\nimport os, sys\n{body}\n")
    (place.root / name).chmod(0o755)


async def run(place: Place, text: str, *targets: str, reports: tuple[str, ...] = ()) -> TestReport:
    return (
        await run_suite(resolve(text, place.original, ENVIRONMENT), place, 30.0, targets=targets, reports=reports)
    ).report


def jest(told: object, code: int) -> str:
    return (
        "file = next(word.partition('=')[2] for word in sys.argv if word.startswith('--outputFile='))\n"
        f"open(file, 'w').write({json.dumps(told)!r})\nsys.exit({code})"
    )


FAILED = json.loads(json.dumps(TOLD).replace("passed", "failed")) | {"numPassedTests": 0, "numFailedTests": 1}


@pytest.mark.parametrize(
    ("told", "code", "verdict", "note"),
    [
        (TOLD, 0, Verdict.PASSED, ""),
        (FAILED, 1, Verdict.FAILED, ""),
        (FAILED, 0, Verdict.INCONCLUSIVE, "not all tests passed"),
        (TOLD, 1, Verdict.INCONCLUSIVE, "exit code 1 and named no failing test"),
        (TOLD | {"numPassedTests": 2}, 0, Verdict.INCONCLUSIVE, "counts of jest and its results differ"),
        (TOLD | {"numPassedTests": 0, "testResults": []}, 0, Verdict.NO_TESTS, "no tests were found"),
        (json.loads(json.dumps(TOLD).replace('"status": "passed"}]', '"status": "todo"}]')) | {"numPassedTests": 0}, 0,
         Verdict.NO_TESTS, "every test was skipped"),
    ],
)  # fmt: skip
async def test_exit_code_and_results_have_to_agree(
    place: Place, told: object, code: int, verdict: Verdict, note: str
) -> None:
    program(place, "jest", jest(told, code))
    report = await run(place, "./jest")
    assert report.verdict is verdict
    assert note in report.note
    assert not list(place.private.glob("report-*"))


async def test_a_runner_that_leaves_no_report(place: Place) -> None:
    program(place, "jest", "sys.exit(0)")
    report = await run(place, "./jest", "a.test.js::a")
    assert (report.verdict, report.command) == (Verdict.INCONCLUSIVE, ("./jest", "a.test.js::a"))
    assert "jest wrote no report" in report.note


async def test_a_runner_that_speaks_in_its_output(place: Place) -> None:
    events = [{"Action": "run", "Package": "p", "Test": "T"}, {"Action": "pass", "Package": "p", "Test": "T"}]
    program(place, "go", "\n".join(f"print({json.dumps(each)!r})" for each in events))
    assert (await run(place, "./go test ./...")).verdict is Verdict.PASSED


async def test_a_time_limit_concludes_nothing(place: Place) -> None:
    program(place, "jest", "import time; time.sleep(60)")
    command = resolve("./jest", place.original, ENVIRONMENT)
    report = (await run_suite(command, place, 0.5)).report
    assert (report.verdict, report.timed_out) == (Verdict.INCONCLUSIVE, True)


def test_output_that_is_too_long_is_cut_and_told() -> None:
    kept = foreign.Kept(limit=10)
    kept.add(b"12345678")
    assert not kept.cut
    kept.add(b"90abc")
    kept.add(b"d")
    assert (bytes(kept.data), kept.cut) == (b"1234567890", True)


async def test_junit_files_of_this_run_are_read_and_older_ones_are_not(place: Place) -> None:
    (place.root / "out").mkdir()
    (place.root / "out" / "old.xml").write_text("<testsuite><testcase name='old'><failure/></testcase></testsuite>")
    os.utime(place.root / "out" / "old.xml", (1, 1))
    program(place, "check", "open('out/new.xml', 'w').write(\"<testsuite><testcase name='new'/></testsuite>\")")
    report = await run(place, "./check", "a", reports=("out/*.xml",))
    assert [result.id for result in report.results] == ["?::new"]
    assert report.verdict is Verdict.PASSED
    assert "ran as a whole" in report.note
    report = await run(place, "./check", reports=("nowhere/*.xml",))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "no JUnit report was written at nowhere/*.xml" in report.note


async def test_installed_packages_of_the_original_are_found(place: Place) -> None:
    (place.original / "node_modules").mkdir()
    (place.original / "node_modules" / "x.js").write_text("")
    program(place, "check", "sys.exit(not os.path.exists('node_modules/x.js'))")
    assert (await run(place, "./check")).verdict is Verdict.PASSED
    assert (await run(place, "./check")).verdict is Verdict.PASSED


def test_what_a_patch_writes_does_not_decide_what_is_run(place: Place) -> None:
    suite = Suite(place.root, {})
    assert suite.command() is None
    suite.settle(["a.txt"])
    assert (suite.command(), suite.redefined(place.root)) == (None, ())
    suite.settle(["deep/down/a.py"])
    assert suite.definition.command == "python -m pytest"
    (place.root / "Makefile").write_text("test:\n\t./run\n")
    suite.settle([])
    assert suite.command().shown == ("make", "test")
    assert suite.redefined(place.root) == ()
    (place.root / "Makefile").write_text("test:\n\ttrue\n")
    assert suite.redefined(place.root) == ("Makefile",)
    named = Suite(place.root, {}, "make check", ("*.xml",))
    named.settle(["a.py"])
    assert (named.definition.command, named.definition.reports, named.redefined(place.root)) == (
        "make check",
        ("*.xml",),
        (),
    )


async def test_a_title_cannot_pass_for_a_line_of_the_report(place: Place) -> None:
    told = json.loads(json.dumps(TOLD))
    told["testResults"][0]["assertionResults"][0]["fullName"] = "a\n--- b failed\x1b[31m\u202e\u2028" + "x" * 9_000
    program(place, "jest", jest(told, 0))
    (only,) = (await run(place, "./jest")).results
    assert only.id.startswith("a.test.js::a --- b failed xx")
    assert len(only.id) == 2_000
