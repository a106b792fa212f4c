"""What jest, vitest and node --test have told, read from recorded reports of theirs."""

import json
from pathlib import Path

import pytest

from patchwire.adapters.runners.javascript import REPORTER, Jest, Node, Vitest
from patchwire.adapters.runners.told import Told
from patchwire.task import Frame, TestResult

REPORT = Path("/r")


def statuses(told: Told) -> dict[str, str]:
    return {result.id: result.status.value for result in told.results}


def named(told: Told, name: str) -> TestResult:
    return next(result for result in told.results if result.id == name)


def test_jest(recorded) -> None:
    report, root = recorded("jest.json", "__tests__/sum.test.js", "__tests__/broken.test.js")
    told = Jest().read(report, b"", root)
    assert statuses(told) == {
        "__tests__/sum.test.js::sum adds (two) numbers": "failed",
        "__tests__/sum.test.js::sum of none": "passed",
        "__tests__/sum.test.js::sum later": "skipped",
        "__tests__/sum.test.js::sum some day": "skipped",
        "__tests__/sum.test.js::each 1": "passed",
        "__tests__/sum.test.js::each 2": "passed",
        "__tests__/broken.test.js": "error",
    }
    assert told.incomplete == ""
    failed = named(told, "__tests__/sum.test.js::sum adds (two) numbers")
    assert (failed.path, failed.line) == ("__tests__/sum.test.js", 3)
    assert failed.frames == (Frame("__tests__/sum.test.js", 3, ""),), "none of node_modules"
    assert "Expected: 5\nReceived: -1" in failed.message
    assert "Cannot find module" in named(told, "__tests__/broken.test.js").message


def test_vitest(recorded) -> None:
    report, root = recorded("vitest.json", "v/sum.test.ts", "v/broken.test.ts")
    told = Vitest().read(report, b"", root)
    assert statuses(told) == {
        "v/broken.test.ts": "error",
        "v/sum.test.ts::sum adds": "failed",
        "v/sum.test.ts::sum is fine": "passed",
        "v/sum.test.ts::sum later": "skipped",
    }
    failed = named(told, "v/sum.test.ts::sum adds")
    assert (failed.path, failed.line, failed.frames) == ("v/sum.test.ts", 3, (Frame("v/sum.test.ts", 3, ""),))


def test_node(recorded) -> None:
    report, root = recorded("node.jsonl", "n/sum.test.mjs", "n/bad.test.mjs", "n/exit.test.mjs")
    told = Node().read(report, b"", root)
    assert statuses(told) == {
        "n/bad.test.mjs": "failed",
        "n/exit.test.mjs": "passed",
        "n/sum.test.mjs::adds": "failed",
        "n/sum.test.mjs::group > is fine": "passed",
        "n/sum.test.mjs::group > fails too": "failed",
        "n/sum.test.mjs::skipped": "skipped",
        "n/sum.test.mjs::todo": "skipped",
    }
    assert told.incomplete == ""
    assert named(told, "n/sum.test.mjs::adds").frames == (Frame("n/sum.test.mjs", 3, ""),)
    assert "\x1b" not in named(told, "n/sum.test.mjs::group > fails too").message
    assert "ERR_MODULE_NOT_FOUND" in named(told, "n/bad.test.mjs").message


def test_a_node_that_did_not_come_to_its_end(recorded) -> None:
    report, root = recorded("node.jsonl")
    report.write_text("\n".join(report.read_text().splitlines()[:-1]) + '\n{"names": 3}\n[]\nnonsense')
    told = Node().read(report, b"", root)
    assert len(told.results) == 7
    assert "did not come to its end" in told.incomplete


@pytest.mark.parametrize("runner", [Jest(), Vitest(), Node()])
def test_a_report_that_was_never_written(runner, tmp_path: Path) -> None:
    told = runner.read(tmp_path / "none", b"", tmp_path)
    assert told.results == ()
    assert "wrote no report" in told.incomplete


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"testResults": [{"name": 1}]}',
        '{"testResults": [{"name": "a", "assertionResults": [{}]}]}',
        "[" * 100_000,
    ],
)
def test_a_report_of_another_shape(text: str, tmp_path: Path) -> None:
    (tmp_path / "r").write_text(text)
    assert "cannot be read" in Jest().read(tmp_path / "r", b"", tmp_path).incomplete


def test_counts_that_differ_from_the_results(recorded) -> None:
    report, root = recorded("jest.json")
    told = json.loads(report.read_text())
    told["testResults"][0]["assertionResults"].pop()
    report.write_text(json.dumps(told))
    assert "differ" in Jest().read(report, b"", root).incomplete


def test_two_tests_of_one_name_are_two(recorded) -> None:
    report, root = recorded("vitest.json")
    report.write_text(report.read_text().replace("sum is fine", "sum adds"))
    ids = [result.id for result in Vitest().read(report, b"", root).results]
    assert ids[:2] == ["v/sum.test.ts::sum adds", "v/sum.test.ts::sum adds #2"]


@pytest.mark.parametrize(
    ("runner", "words", "targets", "argv"),
    [
        (Jest(), ["jest"], [], ["jest", "--json", "--outputFile=/r", "--testLocationInResults"]),
        (
            Jest(),
            ["jest"],
            ["a.test.js::sum adds (x)", "a.test.js::of"],
            [
                "jest",
                "--json",
                "--outputFile=/r",
                "--testLocationInResults",
                r"a\.test\.js",
                "--testNamePattern",
                r"^(?:sum\ adds\ \(x\)|of)$",
            ],
        ),
        (
            Vitest(),
            ["vitest", "run"],
            ["a.test.ts", "a.test.ts::x"],
            [
                "vitest",
                "run",
                "--reporter=default",
                "--reporter=json",
                "--outputFile.json=/r",
                "--watch=false",
                "a.test.ts",
            ],
        ),
        (
            Node(),
            ["node", "--enable-source-maps", "--test", "tests/"],
            ["n/a.mjs::group > adds"],
            [
                "node",
                "--enable-source-maps",
                "--test",
                f"--test-reporter={REPORTER}",
                "--test-reporter-destination=/r",
                "--test-reporter=spec",
                "--test-reporter-destination=stdout",
                "--test-name-pattern=^(?:adds)$",
                "n/a.mjs",
            ],
        ),
    ],
)
def test_how_each_is_started(runner, words: list[str], targets: list[str], argv: list[str]) -> None:
    assert runner.argv(words, REPORT, targets) == argv
