"""Real runs of a real pytest: what is told of each test, and what is concluded when a run goes wrong."""

import os
import sys
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN

from patchwire.adapters.runners.command import resolve
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.plain import run_plain
from patchwire.adapters.runners.pytest import run_pytest
from patchwire.task import Frame, LineHits, TestReport, TestStatus, Verdict


class Runs:
    """Runs tests in a tree at `root`, which plays the copy; `original` plays the user's tree."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "copy" / "tree"
        self.original = tmp_path / "tree"
        self.environment = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
        for directory in (self.root, self.original):
            directory.mkdir(parents=True)

    def files(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    @property
    def place(self) -> Place:
        return Place(self.root, self.original, self.root.parent, self.environment)

    async def pytest(
        self, *targets: str, command: str = LEAN, seconds: float = 60.0, trace: bool = False
    ) -> TestReport:
        resolved = resolve(command, self.original, self.environment)
        return (await run_pytest(resolved, self.place, seconds, targets=targets, trace=trace)).report

    async def plain(self, command: str, seconds: float = 60.0) -> TestReport:
        return await run_plain(resolve(command, self.original, self.environment), self.place, seconds)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def statuses(report: TestReport) -> dict[str, str]:
    return {result.id: result.status.value for result in report.results}


def bare_environment(directory: Path) -> Path:
    """A virtual environment with nothing in it; its interpreter."""
    real = Path(sys.executable).resolve()
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").symlink_to(real)
    (directory / "pyvenv.cfg").write_text(f"home = {real.parent}\ninclude-system-site-packages = false\n")
    return directory / "bin" / "python"


async def test_every_outcome_is_told(runs: Runs) -> None:
    runs.files(
        {
            "pkg/__init__.py": "",
            "pkg/deep.py": "def inner(x):\n    return 1 / x\n\n\ndef outer(x):\n    return inner(x)\n",
            "tests/test_all.py": """
import pytest
from pkg.deep import outer

def test_passes(): pass

def test_fails(): outer(0)

@pytest.mark.skip(reason="no")
def test_skipped(): pass

@pytest.mark.xfail
def test_expected(): assert 0

@pytest.fixture
def broken(): raise RuntimeError("set-up")

def test_error(broken): pass

@pytest.fixture
def bad_end():
    yield
    raise RuntimeError("teardown")

def test_bad_end(bad_end): pass

@pytest.mark.parametrize("n", ["a b", "ü"])
def test_many(n): assert n != "ü", "\\x1b[31mred\\u202e"
""",
        }
    )
    report = await runs.pytest()
    assert report.verdict is Verdict.FAILED
    assert (report.passed, report.failed, report.errors, report.skipped) == (2, 2, 2, 2)
    assert report.command == ("python", "-m", "pytest", "-q")
    by_name = {result.id.partition("::")[2]: result for result in report.results}
    failed = by_name["test_fails"]
    assert (failed.path, failed.line) == ("tests/test_all.py", 7)
    assert "ZeroDivisionError: division by zero" in failed.message
    assert failed.frames == (
        Frame("pkg/deep.py", 2, "inner"),
        Frame("pkg/deep.py", 6, "outer"),
        Frame("tests/test_all.py", 7, "test_fails"),
    )
    assert by_name["test_error"].status is by_name["test_bad_end"].status is TestStatus.ERROR
    assert "\x1b" not in by_name["test_many[\\xfc]"].message
    assert "\u202e" not in by_name["test_many[\\xfc]"].message
    assert str(runs.root) not in "".join(result.message for result in report.results)


async def test_targets_take_the_place_of_what_the_command_names(runs: Runs) -> None:
    runs.files(
        {"tests/test_a.py": "def test_a(): pass\n", "tests/test_b.py": "def test_b(): pass\ndef test_c(): pass\n"}
    )
    report = await runs.pytest("tests/test_b.py::test_c", command=f"{LEAN} tests/test_a.py")
    assert list(statuses(report)) == ["tests/test_b.py::test_c"]
    report = await runs.pytest("tests/test_b.py", "-q")
    assert (report.verdict, report.passed) == (Verdict.INCONCLUSIVE, 0)
    report = await runs.pytest("tests/test_b.py::test_nowhere")
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "not found: tests/test_b.py::test_nowhere" in report.note


async def test_ids_are_relative_to_the_copy_wherever_pytest_takes_its_root(runs: Runs) -> None:
    runs.files({"part/pytest.ini": "[pytest]\n", "part/test_a.py": "def test_a(): assert 0\n"})
    report = await runs.pytest(command=f"{LEAN} part")
    assert statuses(report) == {"part/test_a.py::test_a": "failed"}
    assert report.results[0].path == "part/test_a.py"
    assert statuses(await runs.pytest("part/test_a.py::test_a", command=f"{LEAN} part")) == statuses(report)


async def test_a_module_that_cannot_be_imported_hides_no_other(runs: Runs) -> None:
    runs.files(
        {
            "broken.py": "def f(:\n    pass\n",
            "test_broken.py": "import broken\n",
            "test_missing.py": "from no_such_module import x\n",
            "test_name.py": "from helper import value\n",
            "helper.py": "value = 1\n\nprint(valu)\n",
            "test_good.py": "def test_good(): pass\n",
        }
    )
    report = await runs.pytest()
    assert report.verdict is Verdict.FAILED
    assert (report.passed, report.errors) == (1, 3)
    by_id = {result.id: result for result in report.results}
    assert by_id["test_broken.py"].frames[0] == Frame("broken.py", 1, "<module>")
    assert "SyntaxError" in by_id["test_broken.py"].message
    assert by_id["test_name.py"].frames[:2] == (Frame("helper.py", 3, "<module>"), Frame("test_name.py", 1, "<module>"))
    assert "no_such_module" in by_id["test_missing.py"].message


async def test_a_conftest_that_cannot_be_imported_is_an_error_with_a_place(runs: Runs) -> None:
    runs.files(
        {"tests/conftest.py": "import helper\n", "helper.py": "x = y\n", "tests/test_a.py": "def test_a(): pass\n"}
    )
    report = await runs.pytest()
    assert report.verdict is Verdict.FAILED
    assert statuses(report) == {"tests/conftest.py": "error"}
    assert report.results[0].frames[0] == Frame("helper.py", 1, "<module>")
    assert "NameError" in report.results[0].message


async def test_no_tests(runs: Runs) -> None:
    runs.files({"a.py": ""})
    report = await runs.pytest()
    assert report.verdict is Verdict.NO_TESTS
    assert "--test" in report.note
    runs.files({"test_a.py": "import pytest\npytestmark = pytest.mark.skip\ndef test_a(): pass\n"})
    report = await runs.pytest()
    assert (report.verdict, report.skipped, report.note) == (Verdict.NO_TESTS, 1, "every test was skipped")


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("os._exit(0)", "did not reach its end"),
        ("atexit.register(lambda: os._exit(0)); assert 0", "not all tests passed"),
        ("pytest.exit('enough', returncode=0)", "1 of 3 tests ran"),
    ],
)
async def test_exit_code_zero_alone_proves_nothing(runs: Runs, body: str, note: str) -> None:
    runs.files(
        {
            "test_a.py": f"import atexit, os, pytest\ndef test_0(): pass\ndef test_a(): {body}\n",
            "test_b.py": "def test_b(): pass\n",
        }
    )
    report = await runs.pytest()
    assert report.verdict is Verdict.INCONCLUSIVE
    assert note in report.note


async def test_a_crash_names_the_test_that_was_running(runs: Runs) -> None:
    runs.files({"test_a.py": "import os\ndef test_0(): pass\ndef test_crash(): os.kill(os.getpid(), 11)\n"})
    report = await runs.pytest()
    assert report.verdict is Verdict.FAILED
    assert statuses(report) == {"test_a.py::test_0": "passed", "test_a.py::test_crash": "error"}
    assert "SIGSEGV" in report.results[1].message


async def test_a_test_that_hangs_is_named_and_placed(runs: Runs) -> None:
    runs.files(
        {
            "loop.py": "def loop():\n    n = 0\n    while True:\n        n += 1\n",
            "test_a.py": "from loop import loop\ndef test_0(): pass\ndef test_hang(): loop()\ndef test_z(): pass\n",
        }
    )
    report = await runs.pytest(seconds=2.5, trace=True)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.timed_out
    assert "test_a.py::test_hang" in report.note
    (hanging,) = report.failing
    assert hanging.frames[0].path == "loop.py"
    assert hanging.frames[1] == Frame("test_a.py", 3, "test_hang")
    assert {hit.line for hit in report.hits} <= {2, 3, 4}
    assert report.hits


async def test_lines_are_counted_for_failing_and_passing_tests(runs: Runs) -> None:
    runs.files(
        {
            "sign.py": "def sign(x):\n    if x < 0:\n        return -1\n    if x == 0:\n"
            "        return 1\n    return 1\n",
            "test_sign.py": "import threading\nfrom sign import sign\n"
            "def test_neg(): assert sign(-1) == -1\n"
            "def test_zero(): assert sign(0) == 0\n"
            "def test_pos():\n"
            "    t = threading.Thread(target=sign, args=(1,)); t.start(); t.join()\n",
        }
    )
    report = await runs.pytest(trace=True)
    assert report.hits == (
        LineHits("sign.py", 2, failing=1, passing=2),
        LineHits("sign.py", 4, failing=1, passing=1),
        LineHits("sign.py", 5, failing=1, passing=0),
    )
    assert (await runs.pytest()).hits == ()


async def test_only_the_tests_own_lines_are_counted(runs: Runs) -> None:
    runs.files(
        {
            "box.py": "class Box:\n    def __init__(self):\n        self.x = 1\n"
            "    def __repr__(self):\n        return 'box'\n",
            "conftest.py": "import pytest\nfrom box import Box\n@pytest.fixture\ndef box(): return Box()\n",
            "test_a.py": "def test_a(box): raise ValueError\n",
        }
    )
    assert (await runs.pytest(trace=True)).hits == (LineHits("box.py", 3, failing=1, passing=0),)


@pytest.mark.skipif(hasattr(sys, "monitoring"), reason="where there is sys.monitoring, no line costs more than once")
async def test_code_with_nothing_new_to_show_is_followed_no_longer(runs: Runs) -> None:
    runs.files(
        {
            "hot.py": "def double(x):\n    return 2 * x\n\n\ndef loop(n):\n    for i in range(n):\n        double(i)\n"
            "    return n\n\n\ndef late():\n    return 3\n",
            "test_a.py": "from hot import double, late, loop\n"
            "def test_short(): assert loop(100) == 100\n"
            "def test_long(): assert loop(5_000) == late()\n"
            "def test_calls():\n    for i in range(12_000): double(i)\n    assert late() == 0\n",
        }
    )
    hits = {hit.line: (hit.failing, hit.passing) for hit in (await runs.pytest(trace=True)).hits}
    assert hits == {2: (2, 1), 6: (1, 1), 7: (1, 1), 12: (1, 0)}


async def test_workers_of_xdist_report_as_one(runs: Runs) -> None:
    runs.files(
        {
            "one.py": "def one():\n    return 2\n",
            "test_a.py": "from one import one\ndef test_a(): assert one() == 1\ndef test_b(): one()\n",
            "test_c.py": "from one import one\ndef test_c(): one()\n",
            "pytest.ini": "[pytest]\naddopts = -n 2\n",
        }
    )
    report = await runs.pytest(trace=True, command=f"{LEAN} -p xdist")
    assert (report.verdict, report.passed, report.failed) == (Verdict.FAILED, 2, 1)
    assert report.failing[0].frames == (Frame("test_a.py", 2, "test_a"),)
    assert report.hits == (LineHits("one.py", 2, failing=1, passing=2),)


async def test_coverage_that_a_part_cannot_reach_is_no_failure(runs: Runs) -> None:
    runs.files(
        {
            "one.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
            "test_a.py": "from one import one\ndef test_a(): assert one() == 1\n",
            "pytest.ini": "[pytest]\naddopts = --cov=one --cov-fail-under=100\n",
        }
    )
    assert (await runs.pytest(command=f"{LEAN} -p pytest_cov")).verdict is Verdict.PASSED


@pytest.mark.parametrize("options", ["--lf", "--ff", "--sw", "-x", "--maxfail=1"])
async def test_a_run_is_whole_whatever_the_last_one_was(runs: Runs, options: str) -> None:
    runs.files(
        {
            "test_a.py": "def test_a(): assert 0\ndef test_b(): pass\ndef test_c(): assert 0\n",
            "pytest.ini": f"[pytest]\naddopts = {options}\n",
        }
    )
    reports = [await runs.pytest(), await runs.pytest()]
    assert [statuses(report) for report in reports] == 2 * [
        {"test_a.py::test_a": "failed", "test_a.py::test_b": "passed", "test_a.py::test_c": "failed"}
    ]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"pytest.ini": "[pytest]\naddopts = --no-such-option\n"}, ": unrecognized arguments: --no-such-option"),
        ({"conftest.py": "def pytest_sessionstart():\n    raise KeyError('db')\n"}, "exit code 3"),
        ({"conftest.py": "def pytest_sessionstart():\n    raise KeyError('db')\n"}, ": KeyError: 'db'"),
    ],
)
async def test_why_pytest_gave_up_is_said(runs: Runs, files: dict[str, str], says: str) -> None:
    runs.files({"test_a.py": "def test_a(): pass\n"} | files)
    report = await runs.pytest()
    assert report.verdict is Verdict.INCONCLUSIVE
    assert says in report.note


async def test_an_interpreter_without_pytest_is_named_with_the_way_out(runs: Runs, tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "bare")
    runs.environment["VIRTUAL_ENV"] = str(tmp_path / "bare")
    report = await runs.pytest(command="python -m pytest")
    assert report.verdict is Verdict.INCONCLUSIVE
    assert str(python) in report.note
    assert "--test" in report.note


async def test_another_command_is_judged_by_its_exit_code(runs: Runs) -> None:
    passed = await runs.plain("sh -c 'echo fine; pwd'")
    assert (passed.verdict, passed.results, passed.exit_code) == (Verdict.PASSED, (), 0)
    assert passed.output.startswith("fine\n")
    assert (await runs.plain("sh -c 'exit 3'")).verdict is Verdict.FAILED
    timed_out = await runs.plain("sleep 30", seconds=0.3)
    assert (timed_out.verdict, timed_out.timed_out) == (Verdict.INCONCLUSIVE, True)


async def test_variables_of_the_command_reach_the_tests_and_secrets_do_not(runs: Runs) -> None:
    runs.environment |= {"OPENAI_API_KEY": "canary", "PYTHONPATH": f"{runs.original}/lib"}
    runs.files(
        {
            "lib/in_lib.py": "WHERE = __file__\n",
            "test_a.py": "import os, in_lib\n"
            "def test_a(): assert os.environ['MODE'] == 'x' and 'canary' not in str(os.environ)\n",
        }
    )
    report = await runs.pytest(command=f"MODE=x {LEAN}")
    assert report.verdict is Verdict.PASSED


GREEN_REPORTS = """
import _pytest.reports
made = _pytest.reports.TestReport.from_item_and_call.__func__
def green(cls, item, call):
    report = made(cls, item, call)
    report.outcome, report.longrepr = "passed", None
    return report
_pytest.reports.TestReport.from_item_and_call = classmethod(green)
"""


async def test_a_pytest_that_was_turned_is_seen(runs: Runs) -> None:
    runs.files({"product.py": GREEN_REPORTS, "test_a.py": "import product\ndef test_a(): assert 0\n"})
    report = await runs.pytest()
    assert report.passed == 1, "the trick works, and is told"
    assert report.turned == ("_pytest.reports.TestReport.from_item_and_call", "a test that fails")


@pytest.mark.parametrize(
    "trick",
    [
        "import _pytest.python as p\np.Function.runtest = lambda self: None",
        "import unittest as u\nu.TestCase.assertEqual = lambda *a: None",
        "import pluggy._callers as c\nold = c._multicall\nc._multicall = lambda *a: old(*a)",
        "from patchwire_probe import plugin as p\np.Probe.write = lambda *a, **k: None",
    ],
)
async def test_each_layer_of_the_runner_is_watched(runs: Runs, trick: str) -> None:
    runs.files({"product.py": trick, "test_a.py": "import product\ndef test_a(): pass\n"})
    report = await runs.pytest()
    assert report.turned or report.verdict is Verdict.INCONCLUSIVE


async def test_an_honest_run_turns_nothing(runs: Runs) -> None:
    runs.files(
        {
            "test_a.py": "import unittest\ndef test_a(monkeypatch): monkeypatch.setattr('os.sep', 1)\n"
            "class TestB(unittest.TestCase):\n    def test_b(self): self.assertEqual(1, 1)\n"
        }
    )
    report = await runs.pytest(command="python -m pytest -q -p no:cacheprovider")
    assert (report.verdict, report.turned) == (Verdict.PASSED, ())


async def test_a_report_that_the_tree_writes_into_proves_nothing(runs: Runs) -> None:
    runs.files(
        {
            "test_a.py": "import json, os\n"
            "def test_a():\n    open(json.loads(os.environ['PATCHWIRE_PROBE'])['report'], 'a').write('{}\\n')\n"
        }
    )
    report = await runs.pytest()
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "other than our probe" in report.note


async def test_the_key_is_gone_before_the_tree_runs(runs: Runs) -> None:
    runs.files(
        {
            "conftest.py": "import json, os\n"
            "assert not os.path.exists(json.loads(os.environ['PATCHWIRE_PROBE'])['key_file'])\n",
            "test_a.py": "def test_a(): pass\n",
        }
    )
    assert (await runs.pytest()).verdict is Verdict.PASSED


async def test_a_pytest_behind_another_command_tells_of_its_tests(runs: Runs) -> None:
    runs.files({"test_a.py": "def test_a(): assert 0\ndef test_b(): pass\n"})
    report = await runs.plain(f"sh -c '{sys.executable} -m pytest -q || exit 7'")
    assert statuses(report) == {"test_a.py::test_a": "failed", "test_a.py::test_b": "passed"}
    assert (report.verdict, report.exit_code) == (Verdict.FAILED, 7)
    forgiven = await runs.plain(f"sh -c '{sys.executable} -m pytest -q || true'")
    assert (forgiven.verdict, forgiven.note) == (Verdict.INCONCLUSIVE, "exit code 0, but not all tests passed")
    runs.files({"test_a.py": "import os\ndef test_a(): os._exit(0)\n"})
    left = await runs.plain(f"sh -c '{sys.executable} -m pytest -q'")
    assert (left.verdict, left.passed) == (Verdict.INCONCLUSIVE, 0)
