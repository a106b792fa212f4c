"""Which program a test command starts, and what of it is pytest's."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from patchwire.adapters.runners.command import DEFAULT, is_python_project, resolve
from patchwire.errors import SettingsError


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH with `python3` and `pytest` of a system, and no `python`."""
    programs(tmp_path / "system", "python3", "pytest", "make", "uv")
    return {"PATH": str(tmp_path / "system")}


def programs(directory: Path, *names: str) -> None:
    directory.mkdir(parents=True)
    for name in names:
        (directory / name).write_text("#!/bin/sh\n")
        (directory / name).chmod(0o755)


def test_python_is_the_trees_own_then_the_active_one_then_the_systems(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    root, active = tmp_path / "root", tmp_path / "active"
    root.mkdir()
    system = tmp_path / "system"
    assert resolve(DEFAULT, root, environment).argv == (str(system / "python3"), "-m", "pytest")
    programs(active / "bin", "python", "pytest")
    environment["VIRTUAL_ENV"] = str(active)
    assert resolve(DEFAULT, root, environment).argv[0] == str(active / "bin" / "python")
    assert resolve("pytest -q", root, environment).argv == (str(active / "bin" / "pytest"), "-q")
    programs(root / ".venv" / "bin", "python")
    (root / ".venv" / "pyvenv.cfg").write_text("")
    assert resolve(DEFAULT, root, environment).argv[0] == str(root / ".venv" / "bin" / "python")
    assert resolve(".venv/bin/python -m pytest", root, environment).argv[0] == str(root / ".venv" / "bin" / "python")
    assert resolve("make test", root, environment).argv == (str(system / "make"), "test")
    assert resolve("./run-tests --fast", root, environment).argv == ("./run-tests", "--fast")
    assert resolve("no-such-program", root, environment).argv == ("no-such-program",)


@pytest.mark.parametrize(
    ("text", "at", "warm", "module"),
    [
        ("python -m pytest -q", 3, True, True),
        ("python3 -m pytest tests", 3, True, True),
        ("pytest -x", 1, True, False),
        ("py.test", 1, True, False),
        ("python -W error -m pytest", 5, False, False),
        ("coverage run -m pytest -q", 4, False, False),
        ("uv run pytest -q", 3, False, False),
        ("python -m unittest", None, False, False),
        ("make pytest", None, False, False),
        ("tox -e pytest", None, False, False),
    ],
)
def test_pytest_is_found_in_a_command(text: str, at: int | None, warm: bool, module: bool, tmp_path: Path) -> None:
    programs(tmp_path / "bin", "python", "python3", "pytest", "py.test")
    command = resolve(text, tmp_path, {"VIRTUAL_ENV": str(tmp_path)})
    assert command.pytest_at == at
    assert command.shown == tuple(text.split())
    assert (command.python is not None, command.runs_module) == (warm, module)


def test_variables_before_a_command_are_its_environment(tmp_path: Path, environment: dict[str, str]) -> None:
    command = resolve("A=1 B='x y' make test", tmp_path, environment)
    assert command.variables == (("A", "1"), ("B", "x y"))
    assert command.shown == ("make", "test")


@pytest.mark.parametrize(
    "text", ["make && pytest", "a|b", "pytest; true", "pytest > log", "pytest $(cat x)", "", "  ", "A=1", "pytest 'x"]
)
def test_what_needs_a_shell_is_refused_with_advice(text: str, tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refusal:
        resolve(text, tmp_path, environment)
    assert refusal.value.key == "--test"
    assert "--test" in str(refusal.value)


@pytest.mark.parametrize("text", ["sh -c 'make && pytest'", "pytest -k 'a and not b'", 'pytest -k "x|y"', "pytest a#b"])
def test_what_is_quoted_needs_no_shell(text: str, tmp_path: Path, environment: dict[str, str]) -> None:
    assert resolve(text, tmp_path, environment).argv


def test_the_interpreter_of_a_bare_pytest_stands_beside_it(tmp_path: Path) -> None:
    programs(tmp_path / "pipx", "pytest")
    assert resolve("pytest", tmp_path, {"PATH": str(tmp_path / "pipx")}).python is None


def test_any_python_file_makes_a_python_project() -> None:
    assert is_python_project(["README.md", "src/a.py"])
    assert not is_python_project(["README.md", "main.go"])


def test_the_real_environment_resolves(tmp_path: Path) -> None:
    command = resolve(DEFAULT, tmp_path, {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix})
    assert shutil.which(command.argv[0])
