"""Which command runs the tests, and with which interpreter: `python` in a command is the repository's own.

Knows where interpreters lie and how pytest is called; starts nothing.
"""

import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from patchwire.errors import SettingsError

DEFAULT = "python -m pytest"
_SHELL_WORDS = re.compile(r"[|&;<>()]+")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_PYTEST = ("pytest", "py.test")


@dataclass(frozen=True, slots=True)
class Command:
    """A test command. `argv` is what is started, `shown` what the user wrote, `variables` what stood before it.

    `pytest_at` is where pytest's own arguments begin (None: not pytest). `python` is the interpreter that runs pytest
    where we know it, and `runs_module` tells `python -m pytest` (the current directory is importable) from `pytest`.
    """

    argv: tuple[str, ...]
    shown: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = field(default=())
    pytest_at: int | None = None
    python: str | None = None
    runs_module: bool = False


def is_python_project(files: Iterable[str]) -> bool:
    """Whether the default command makes sense."""
    return any(file.endswith(".py") for file in files)


def resolve(text: str, original: Path, environment: Mapping[str, str]) -> Command:
    """Make a command of what the user wrote. Raises SettingsError if it needs a shell or is no command."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError("--test", f"--test is not a command: {error}") from error
    variables = []
    while words and _ASSIGNMENT.fullmatch(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables.append((name, value))
    if not words:
        raise SettingsError("--test", "--test is empty: give the command that runs the tests")
    if any(_SHELL_WORDS.fullmatch(word) for word in _raw_words(text)):
        raise SettingsError(
            "--test", "--test needs a shell (`&&`, `|`, `$(…)` …): put it in a script, or write sh -c '…' around it"
        )
    program = _program(words[0], original, environment)
    at = _pytest_at(words)
    python, runs_module = _interpreter(program, words, at, original, environment)
    return Command((program, *words[1:]), tuple(words), tuple(variables), at, python, runs_module)


def _raw_words(text: str) -> list[str]:
    """The words with operators apart: `a&&b` is three, `'a&&b'` is one."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return list(lexer)


def _pytest_at(words: list[str]) -> int | None:
    for number, word in enumerate(words):
        if word == "-m" and words[number + 1 : number + 2] == ["pytest"]:
            return number + 2
        if os.path.basename(word) in _PYTEST and (number == 0 or words[number - 1] in ("run", "exec", "-x")):  # noqa: PTH119
            return number + 1
    return None


def _program(name: str, original: Path, environment: Mapping[str, str]) -> str:
    if "/" in name:
        # A relative program is the copy's own, unless it was not copied (`.venv/bin/python`).
        in_tree = original / name
        return str(in_tree) if not Path(name).is_absolute() and _is_environments(in_tree) else name
    for directory in binaries(original, environment):
        if (found := directory / name).is_file() and os.access(found, os.X_OK):
            return str(found)
    if name == "python" and not shutil.which("python", path=environment.get("PATH")):
        name = "python3"
    return shutil.which(name, path=environment.get("PATH")) or name


def binaries(original: Path, environment: Mapping[str, str]) -> list[Path]:
    """The directories of programs of the repository's environment; they go before PATH."""
    if (original / ".venv" / "bin").is_dir():
        return [original / ".venv" / "bin"]
    active = environment.get("VIRTUAL_ENV")
    return [Path(active) / "bin"] if active else []


def _is_environments(program: Path) -> bool:
    return program.parent.name == "bin" and (program.parent.parent / "pyvenv.cfg").exists()


def _interpreter(
    program: str, words: list[str], at: int | None, original: Path, environment: Mapping[str, str]
) -> tuple[str | None, bool]:
    """The interpreter that will run pytest, and whether it is called with `-m`."""
    if at == 3 and words[1] == "-m" and _PYTHON.fullmatch(Path(program).name):
        return program, True
    if at == 1:
        beside = Path(program).parent / "python"
        return (str(beside), False) if beside.is_file() else (None, False)
    return None, False
