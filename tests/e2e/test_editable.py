"""A project that is installed for editing in its own environment is tested in its patched form, at every level."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from tests.adapters.conftest import needs

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot, Verdict

HOOK = """
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "shop":
            return spec_from_file_location(name, {init!r}, submodule_search_locations=[{package!r}])

def install():
    sys.meta_path.append(Finder)
"""
TEST = """
import os, subprocess, sys

def test_here():
    import shop.cart
    assert shop.cart.total([2, 3]) == 5

def test_in_a_process_of_its_own():
    code = "import shop.cart; print(shop.cart.total([2, 3]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.stdout == "5\\n", done.stderr

def test_by_its_script():
    done = subprocess.run(["shop-total"], capture_output=True, text=True)
    assert done.stdout == "5\\n", done.stderr
"""


@pytest.fixture(params=["path", "hook"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    package = root / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cart.py").write_text(
        "def total(prices):\n    return sum(prices[1:])\n\ndef main():\n    print(total([2, 3]))\n"
    )
    (root / "tests").mkdir()
    (root / "tests" / "test_shop.py").write_text(TEST)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    site = root / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")  # where pytest is
    script = root / ".venv" / "bin" / "shop-total"
    script.write_text(f"#!{root}/.venv/bin/python\nfrom shop.cart import main\nmain()\n")
    script.chmod(0o755)
    if request.param == "hook":
        (site / "__editable___shop_finder.py").write_text(
            HOOK.format(init=str(package / "__init__.py"), package=str(package))
        )
        (site / "__editable__.shop.pth").write_text(
            "import __editable___shop_finder; __editable___shop_finder.install()\n"
        )
    else:
        (site / "shop.egg-link").write_text(f"{root}/src\n../")
        (site / "easy-install.pth").write_text(f"{root}/src\n")
    return root


@pytest.mark.parametrize("level", ["overlay", "bind", "copy"])
async def test_the_patched_form_is_what_is_tested(project: Path, level: str) -> None:
    needs(level)
    environment = {"PATH": "/usr/bin:/bin"}
    wish = Wish(level)
    fixed = (project / "src/shop/cart.py").read_text().replace("prices[1:]", "prices")
    async with await open_workspace(
        Snapshot(project), test_command="python -m pytest -q -p no:cacheprovider", environment=environment, wish=wish
    ) as workspace:
        before = await workspace.run_tests(TestRun())
        assert (before.failed, before.passed) == (3, 0), (before.note, before.output)
        await workspace.write([("src/shop/cart.py", fixed)])
        after = await workspace.run_tests(TestRun())
        assert (after.verdict, after.passed) == (Verdict.PASSED, 3), (after.note, after.output)
    assert "prices[1:]" in (project / "src/shop/cart.py").read_text()
