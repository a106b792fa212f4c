"""Real test runners of other languages, installed from their registries: each tells of its tests as we read them.

What is not installed on this machine (node, go, cargo, an old Python) is skipped and named.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from patchwire.adapters.runners.command import resolve
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot, TestReport, Verdict

pytestmark = pytest.mark.timeout(600)
SUM = "exports.sum = (a, b) => a - b;\n"
MENDED = "exports.sum = (a, b) => a + b;\n"
JEST = (
    'const { sum } = require("../sum");\n'
    'test("adds (two)", () => { expect(sum(2, 3)).toBe(5); });\ntest("none", () => { expect(sum(0, 0)).toBe(0); });\n'
)
VITEST = JEST.replace("const {", 'import { expect, test } from "vitest";\nimport {').replace(
    '} = require("../sum")', '} from "../sum"'
)
NODE = (
    'const test = require("node:test");\nconst assert = require("node:assert");\nconst { sum } = require("../sum");\n'
    'test("adds (two)", () => assert.strictEqual(sum(2, 3), 5));\n'
    'test("none", () => assert.strictEqual(sum(0, 0), 0));\n'
)
MOCHA = NODE.replace('const test = require("node:test");', "const test = it;")


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} on this machine")
    if program == "cargo" and subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("rustup has no toolchain for this home directory")


def tree(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """jest, vitest and mocha, installed once."""
    needs("npm")
    root = tmp_path_factory.mktemp("packages")
    (root / "package.json").write_text('{"private": true}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "jest@30", "vitest@4", "mocha@11"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    return root / "node_modules"


class Runs:
    """A tree, in a workspace at the best level that this machine allows; files are written as a patch would."""

    def __init__(self, tmp_path: Path) -> None:
        self.original = tmp_path / "tree"
        self.original.mkdir()

    async def __call__(self, *targets: str, command: str | None = None, trace: bool = False) -> TestReport:
        async with await open_workspace(Snapshot(self.original), test_command=command) as workspace:
            return await workspace.run_tests(TestRun(targets, trace=trace, seconds=300.0))

    def files(self, files: dict[str, str]) -> None:
        tree(self.original, files)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def statuses(report: TestReport) -> dict[str, str]:
    return {result.id: result.status.value for result in report.results}


@pytest.mark.parametrize(
    ("script", "test", "text"),
    [
        ("jest", "__tests__/sum.test.js", JEST),
        ("vitest run", "tests/sum.test.mjs", VITEST),
        ("node --test tests/sum.test.js", "tests/sum.test.js", NODE),
        ("mocha tests/sum.spec.js", "tests/sum.spec.js", MOCHA),
    ],
)
async def test_javascript(packages: Path, runs: Runs, script: str, test: str, text: str) -> None:
    runs.files({"package.json": json.dumps({"scripts": {"test": script}}), "sum.js": SUM, test: text})
    shutil.copytree(packages, runs.original / "node_modules", symlinks=True, copy_function=os.link)
    report = await runs()
    assert report.command == ("npm", "test")
    assert statuses(report) == {f"{test}::adds (two)": "failed", f"{test}::none": "passed"}, report.output
    assert report.verdict is Verdict.FAILED
    assert report.failing[0].frames[0].path == test
    only = await runs(f"{test}::none")
    if script.startswith("mocha"):
        return  # which chooses files and no tests
    assert statuses(only).get(f"{test}::none") == "passed"
    assert (only.passed, only.failed) == (1, 0)
    runs.files({"sum.js": MENDED})
    assert (await runs()).verdict is Verdict.PASSED


@pytest.mark.parametrize("script", ["jest", "node --test"])
async def test_javascript_that_leaves_the_process(packages: Path, runs: Runs, script: str) -> None:
    runs.files(
        {
            "package.json": json.dumps({"scripts": {"test": script}}),
            "sum.js": "process.reallyExit(0);\n",
            "__tests__/sum.test.js": JEST if script == "jest" else NODE,
        }
    )
    shutil.copytree(packages, runs.original / "node_modules", symlinks=True, copy_function=os.link)
    report = await runs()
    named = {name for name in statuses(report) if "adds" in name}
    assert report.verdict is not Verdict.PASSED or not named, "a test that ran before is missed by the verdict"


async def test_go(runs: Runs) -> None:
    needs("go")
    runs.files(
        {
            "go.mod": "module example.com/shop\n\ngo 1.19\n",
            "cart/cart.go": "package cart\n\nfunc Total(a, b int) int { return a - b }\n",
            "cart/cart_test.go": 'package cart\n\nimport "testing"\n\n'
            "func TestTotal(t *testing.T) {\n\tif Total(2, 3) != 5 {\n\t\tt.Fatal(Total(2, 3))\n\t}\n}\n\n"
            "func TestNone(t *testing.T) {}\n",
        }
    )
    report = await runs()
    assert report.command == ("go", "test", "./...")
    assert statuses(report) == {"cart::TestTotal": "failed", "cart::TestNone": "passed"}
    assert (report.failing[0].path, report.failing[0].line) == ("cart/cart_test.go", 7)
    assert statuses(await runs("cart::TestNone")) == {"cart::TestNone": "passed"}
    runs.files({"cart/cart.go": "package cart\n\nfunc Total(a, b int) int { return x }\n"})
    broken = await runs()
    assert (broken.verdict, statuses(broken)) == (Verdict.FAILED, {"cart": "error"})
    runs.files({"cart/cart.go": "package cart\n\nfunc Total(a, b int) int { return a + b }\n"})
    assert (await runs()).verdict is Verdict.PASSED


async def test_cargo(runs: Runs) -> None:
    needs("cargo")
    runs.files(
        {
            "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": "pub fn total(a: i32, b: i32) -> i32 { a - b }\n",
            "tests/it.rs": "#[test]\nfn adds() { assert_eq!(shop::total(2, 3), 5); }\n#[test]\nfn none() {}\n",
        }
    )
    report = await runs()
    assert statuses(report) == {"tests/it.rs::adds": "failed", "tests/it.rs::none": "passed"}
    assert (report.failing[0].path, report.failing[0].line) == ("tests/it.rs", 2)
    assert statuses(await runs("tests/it.rs::none")) == {"tests/it.rs::none": "passed"}
    runs.files({"src/lib.rs": "pub fn total(a: i32, b: i32) -> i32 { x }\n"})
    assert statuses(await runs()) == {"build": "error"}
    runs.files({"src/lib.rs": "pub fn total(a: i32, b: i32) -> i32 { a + b }\n"})
    assert (await runs()).verdict is Verdict.PASSED


def interpreters(version: str) -> list[str]:
    homes = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(str(path) for path in homes.glob(f"{version}.*/bin/python"))
    return found or [path for path in [shutil.which(f"python{version}")] if path]


def environment(directory: Path, interpreter: str) -> Path:
    """A virtual environment with pytest in it; its interpreter."""
    subprocess.run([interpreter, "-m", "venv", str(directory)], check=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "pytest"], check=True)
    return python


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.13"])
async def test_projects_on_another_python(runs: Runs, version: str, tmp_path: Path) -> None:
    """Our probe runs in the project's interpreter, down to 3.8: pytest cold and traced, and unittest."""
    found = interpreters(version)
    if not found:
        pytest.skip(f"there is no Python {version} on this machine")
    python = environment(runs.original / ".venv", found[-1])
    runs.files(
        {
            "cart.py": "def total(a, b):\n    return a - b\n",
            "test_cart.py": "import sys\nfrom cart import total\ndef test_total():\n    assert total(2, 3) == 5\n"
            f"def test_version():\n    assert '%d.%d' % sys.version_info[:2] == '{version}'\n",
            "test_unit.py": "import unittest\nclass Unit(unittest.TestCase):\n    def test_unit(self): pass\n",
        }
    )
    report = await runs()
    assert statuses(report) == {
        "test_cart.py::test_total": "failed",
        "test_cart.py::test_version": "passed",
        "test_unit.py::Unit::test_unit": "passed",
    }, report.output
    assert (report.verdict, report.turned) == (Verdict.FAILED, ())
    traced = await runs(trace=True)
    assert [(hit.path, hit.line) for hit in traced.hits] == [("cart.py", 2)]
    unit = await runs("test_unit.Unit.test_unit", command="python -m unittest")
    assert statuses(unit) == {"test_unit.Unit.test_unit": "passed"}
    assert resolve("python -m pytest", runs.original, dict(os.environ)).argv[0] == str(python)
    assert sys.version_info >= (3, 11), "and we ourselves on ours"
