"""The files that run in other people's interpreters: old syntax, and the import remapping against editable installs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, Tree

from patchwire.adapters.isolation import Wish
from patchwire.adapters.runners.place import PROBE
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot, Verdict

FILES = sorted(PROBE.rglob("*.py"))

PROJECT = {
    "src/mypkg/__init__.py": "from mypkg.value import VALUE\n",
    "src/mypkg/value.py": "VALUE = 1\n",
    "tests/test_value.py": (
        "import subprocess, sys\nimport mypkg\n\n"
        "def test_value(): assert mypkg.VALUE == 2\n\n"
        "def test_child():\n"
        "    code = 'import mypkg; print(mypkg.VALUE)'\n"
        "    assert subprocess.check_output([sys.executable, '-c', code]) == b'2\\n'\n"
    ),
    "pyproject.toml": (
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n'
        '[project]\nname = "mypkg"\nversion = "1.0"\n\n'
        '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
    ),
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_probe_is_written_for_python_3_8(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 8))
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and not (isinstance(node, ast.ImportFrom) and node.level)
    }
    roots = {name.partition(".")[0] for name in imported}
    assert roots <= sys.stdlib_module_names | {"pytest", "__future__"}


def virtual_environment(root: Path, environment: dict[str, str]) -> Path:
    """A `.venv` in the tree that sees the packages of ours (pytest, setuptools); its site-packages."""
    ours = Path(sys.prefix)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    site_packages = next((root / ".venv" / "lib").glob("python*/site-packages"))
    (site_packages / "ours.pth").write_text(f"{next(ours.glob('lib/python*/site-packages'))}\n")
    environment.pop("VIRTUAL_ENV")
    return site_packages


def hook(root: Path, site_packages: Path) -> None:
    """An editable install by import hook, as setuptools and others make them: a finder that knows absolute paths."""
    (site_packages / "__editable___mypkg_finder.py").write_text(
        f"""
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location

MAPPING = {{"mypkg": {str(root / "src" / "mypkg")!r}}}

class Finder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        parent, _, rest = fullname.partition(".")
        if parent in MAPPING and not rest:
            return spec_from_file_location(fullname, MAPPING[parent] + "/__init__.py")

def install():
    sys.meta_path.append(Finder)
"""
    )
    (site_packages / "__editable__.mypkg.pth").write_text("import __editable___mypkg_finder as f; f.install()\n")


@pytest.mark.parametrize("form", ["path", "hook"])
async def test_an_editable_install_is_tested_as_it_is_in_the_copy(
    form: str, tree: Tree, environment: dict[str, str]
) -> None:
    root = tree(PROJECT)
    site_packages = virtual_environment(root, environment)
    if form == "path":
        (site_packages / "__editable__.mypkg.pth").write_text(f"{root}/src\n")
    else:
        hook(root, site_packages)
    async with await open_workspace(Snapshot(root), test_command=LEAN, environment=environment) as workspace:
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.FAILED
        await workspace.write([("src/mypkg/value.py", "VALUE = 2\n")])
        report = await workspace.run_tests(TestRun())
        assert (report.verdict, report.passed, report.note) == (Verdict.PASSED, 2, "")


async def test_a_run_that_loads_the_original_all_the_same_proves_nothing(
    tree: Tree, environment: dict[str, str]
) -> None:
    root = tree({"value.py": "VALUE = 1\n", "test_value.py": ""})
    (root / "test_value.py").write_text(
        f"import importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('value', {str(root / 'value.py')!r})\n"
        f"value = importlib.util.module_from_spec(spec)\n"
        f"import sys; sys.modules['value'] = value\n"
        f"spec.loader.exec_module(value)\n\n"
        f"def test_value(): assert value.VALUE == 1\n"
    )
    for command in (LEAN, "python -c 'import test_value'"):
        async with await open_workspace(
            Snapshot(root), test_command=command, environment=environment, wish=Wish("copy")
        ) as workspace:
            report = await workspace.run_tests(TestRun())
            assert report.verdict is Verdict.INCONCLUSIVE
            assert f"{root / 'value.py'} was loaded from the original tree" in report.note


async def test_a_sitecustomize_of_the_environment_still_runs(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({"test_a.py": "import sys\n\ndef test_a(): assert sys.customized\n"})
    site_packages = virtual_environment(root, environment)
    (site_packages / "sitecustomize.py").write_text("import sys\nsys.customized = True\n")
    async with await open_workspace(Snapshot(root), test_command=LEAN, environment=environment) as workspace:
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
