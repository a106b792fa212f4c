"""Real runs of a real unittest: what is told of each test, and what is concluded when a run goes wrong."""

import os
import sys
from pathlib import Path

import pytest

from patchwire.adapters.runners.command import resolve
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.suite import run_suite
from patchwire.task import Frame, TestReport, Verdict

CASES = """\
import unittest
from pkg import inner

class Cases(unittest.TestCase):
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(inner(1), 2)
    def test_error(self): inner(0)
    @unittest.skip("no")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected(self): pass
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(n, 1)
"""
FILES = {"pkg.py": "def inner(x):\n    return 1 / x\n", "tests/__init__.py": "", "tests/test_all.py": CASES}


async def ran(tmp_path: Path, files: dict[str, str], *targets: str, seconds: float = 60.0) -> TestReport:
    root = tmp_path / "copy" / "tree"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (tmp_path / "tree").mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
    place = Place(root, tmp_path / "tree", root.parent, environment)
    command = resolve("python -m unittest", place.original, environment)
    return (await run_suite(command, place, seconds, targets=targets)).report


async def test_every_outcome_is_told(tmp_path: Path) -> None:
    report = await ran(tmp_path, FILES)
    by_name = {result.id.removeprefix("tests.test_all.Cases.test_"): result for result in report.results}
    assert {name: result.status.value for name, result in by_name.items()} == {
        "passes": "passed",
        "fails": "failed",
        "error": "error",
        "skipped": "skipped",
        "expected": "skipped",
        "unexpected": "failed",
        "parts": "failed",
    }
    assert (report.verdict, report.exit_code, report.turned) == (Verdict.FAILED, 1, ())
    assert (by_name["fails"].path, by_name["fails"].line) == ("tests/test_all.py", 6)
    assert "1.0 != 2" in by_name["fails"].message
    assert by_name["error"].frames == (Frame("pkg.py", 2, "inner"), Frame("tests/test_all.py", 7, "test_error"))


async def test_targets(tmp_path: Path) -> None:
    report = await ran(tmp_path, FILES, "tests.test_all.Cases.test_passes")
    assert (report.verdict, report.passed, len(report.results)) == (Verdict.PASSED, 1, 1)
    assert (await ran(tmp_path, FILES, "tests/test_all.py")).passed == 1


async def test_a_module_that_cannot_be_imported_is_an_error_with_a_place(tmp_path: Path) -> None:
    report = await ran(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": "import nowhere\n"})
    (broken,) = report.results
    assert (report.verdict, broken.status.value, broken.path) == (Verdict.FAILED, "error", "tests/test_a.py")


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("import os; os._exit(0)", "did not reach its end"),
        ("import atexit, os; atexit.register(os._exit, 0); self.fail()", "not all tests passed"),
    ],
)
async def test_exit_code_zero_alone_proves_nothing(tmp_path: Path, body: str, note: str) -> None:
    text = f"import unittest\nclass A(unittest.TestCase):\n    def test_a(self): {body}\n"
    report = await ran(tmp_path, {"test_a.py": text})
    assert report.verdict is Verdict.INCONCLUSIVE
    assert note in report.note


async def test_a_runner_that_was_turned_is_seen(tmp_path: Path) -> None:
    text = (
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
        "class A(unittest.TestCase):\n    def test_a(self): self.assertEqual(1, 2)\n"
    )
    report = await ran(tmp_path, {"test_a.py": text})
    assert (report.passed, report.turned) == (1, ("unittest.case.TestCase.assertEqual", "a test that fails"))


async def test_no_tests(tmp_path: Path) -> None:
    assert (await ran(tmp_path, {"a.py": ""})).verdict is Verdict.NO_TESTS
