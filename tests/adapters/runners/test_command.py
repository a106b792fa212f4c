"""Which program a test command starts, and what of it is pytest's."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from patchwire.adapters.runners.command import resolve, runner_of
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
    assert resolve("python -m pytest", root, environment).argv == (str(system / "python3"), "-m", "pytest")
    programs(active / "bin", "python", "pytest")
    environment["VIRTUAL_ENV"] = str(active)
    assert resolve("python -m pytest", root, environment).argv[0] == str(active / "bin" / "python")
    assert resolve("pytest -q", root, environment).argv == (str(active / "bin" / "pytest"), "-q")
    programs(root / ".venv" / "bin", "python")
    (root / ".venv" / "pyvenv.cfg").write_text("")
    assert resolve("python -m pytest", root, environment).argv[0] == str(root / ".venv" / "bin" / "python")
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


@pytest.mark.parametrize(
    ("text", "runner"),
    [
        ("python -m pytest -q", "pytest"),
        ("uv run pytest", "pytest"),
        ("python3.12 -m unittest discover -s tests", "unittest"),
        ("npx jest --ci", "jest"),
        ("cross-env A=1 jest", "jest"),
        ("react-scripts test", "jest"),
        ("node_modules/.bin/vitest run", "vitest"),
        ("node --test tests/", "node"),
        ("node run.js", "plain"),
        ("go test ./...", "go"),
        ("go vet", "plain"),
        ("cargo test --workspace", "cargo"),
        ("mocha", "mocha"),
        ("make test", "plain"),
    ],
)
def test_who_tells_of_single_tests(text: str, runner: str) -> None:
    assert runner_of(text.split()) == runner


@pytest.mark.parametrize(
    ("script", "text", "argv", "runner"),
    [
        ("jest --ci", "npm test", ("jest", "--ci"), "jest"),
        ("jest --ci", "npm test -- --bail", ("jest", "--ci", "--bail"), "jest"),
        ("NODE_ENV=test vitest run", "yarn test", ("vitest", "run"), "vitest"),
        ("node --test", "pnpm run test", ("node", "--test"), "node"),
        ("tsc && jest", "npm test", ("npm", "run", "test", "--"), "jest"),
        ("tsc && node --test", "npm test", ("npm", "test"), "plain"),
        ("jest 'x", "npm test", ("npm", "test"), "plain"),
        ("jest $ARGS", "npm test", ("npm", "run", "test", "--"), "jest"),
        ("", "npm test", ("npm", "test"), "plain"),
        ("eslint .", "npm test", ("eslint", "."), "plain"),
    ],
)
def test_npm_test_is_what_the_script_says(
    script: str, text: str, argv: tuple[str, ...], runner: str, tmp_path: Path
) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": script}}))
    command = resolve(text, tmp_path, {"PATH": ""})
    assert (command.argv, command.runner, command.shown) == (argv, runner, tuple(text.split()))
    assert dict(command.variables) == ({"NODE_ENV": "test"} if "NODE_ENV" in script else {})


def test_a_script_with_hooks_goes_through_npm(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"test": "node --test", "pretest": "tsc"}}')
    assert resolve("npm test", tmp_path, {"PATH": ""}).argv == ("npm", "test")
    (tmp_path / "package.json").write_text("[]")
    assert resolve("npm test", tmp_path, {"PATH": ""}).argv == ("npm", "test")


def test_a_program_is_never_taken_from_where_the_tree_is_by_chance(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path / "root", "python3", "make")
    monkeypatch.chdir(tmp_path / "root")
    environment["PATH"] = f".{os.pathsep}{os.pathsep}{environment['PATH']}"
    assert resolve("make test", tmp_path, environment).argv[0] == str(tmp_path / "system" / "make")
    assert resolve("python -m pytest", tmp_path, environment).argv[0] == str(tmp_path / "system" / "python3")


def test_the_real_environment_resolves(tmp_path: Path) -> None:
    command = resolve("python -m pytest", tmp_path, {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix})
    assert shutil.which(command.argv[0])
