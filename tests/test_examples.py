"""The examples are what their README says: red as committed, for one reason, and green with one line mended."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True, slots=True)
class Bug:
    """A line as committed and as it should be, and what each failing test says of it."""

    package: str
    file: str
    wrong: str
    right: str
    failing: int
    says: str


BUGS = (
    Bug(
        "stockroom",
        "stockroom/backorders.py",
        "            if order.units >= units:\n",
        "            if order.units > units:\n",
        failing=2,
        says="AssertionError",
    ),
    Bug(
        "guesthouse",
        "guesthouse/seasons.py",
        "            return day >= self.first or day <= self.last\n",
        "            return day >= self.first and day <= self.last\n",
        failing=14,
        says="AssertionError",
    ),
    Bug(
        "accesslog",
        "accesslog/figures.py",
        "from collections import defaultdict\n",
        "import statistics\nfrom collections import defaultdict\n",
        failing=3,
        says="NameError: name 'statistics' is not defined",
    ),
)


def run_tests(package: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"],
        cwd=package,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.package)
def test_one_line_is_wrong(bug: Bug, tmp_path: Path) -> None:
    package = tmp_path / bug.package
    shutil.copytree(EXAMPLES / bug.package, package)
    source = package / bug.file
    text = source.read_text("utf-8")
    assert text.count(bug.wrong) == 1

    red = run_tests(package)
    assert red.returncode == 1, red.stdout + red.stderr
    assert red.stdout.splitlines()[-1].startswith(f"{bug.failing} failed, ")
    failures = [line for line in red.stdout.splitlines() if line.startswith("E   ") and "Error" in line]
    assert len(failures) == bug.failing
    assert all(bug.says in line for line in failures)

    source.write_text(text.replace(bug.wrong, bug.right), "utf-8")
    green = run_tests(package)
    assert green.returncode == 0, green.stdout + green.stderr


def test_every_package_is_accounted_for() -> None:
    packages = {path.parent.name for path in EXAMPLES.glob("*/pyproject.toml")}
    assert packages == {bug.package for bug in BUGS}
    page = (EXAMPLES / "README.md").read_text("utf-8")
    assert all(f"| `{package}/` |" in page for package in packages)


def test_product_does_not_know_them() -> None:
    product = EXAMPLES.parent / "server"
    for module in product.rglob("*.py"):
        text = module.read_text("utf-8")
        assert not [bug.package for bug in BUGS if bug.package in text], module
