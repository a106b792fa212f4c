"""What a test command is made of: the program, the runner behind it, and where its own arguments begin.

`python` in a command is the repository's own (`interpreter`), and `npm test` is what the package's script says. Knows
how runners are called; starts nothing.
"""

import json
import os
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.runners import interpreter
from patchwire.errors import SettingsError

_SHELL_WORDS = re.compile(r"[|&;<>()]+")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_LARGEST = 4 * 1024 * 1024
_PYTEST = ("pytest", "py.test")


@dataclass(frozen=True, slots=True)
class Command:
    """A test command. `argv` is what is started, `shown` what the user wrote, `variables` what stood before it.

    `runner` names who tells of single tests (`plain`: nobody). `pytest_at` is where pytest's own arguments begin (None:
    not pytest). `python` is the interpreter that runs pytest where we know it, and `runs_module` tells
    `python -m pytest` (the current directory is importable) from `pytest`.
    """

    argv: tuple[str, ...]
    shown: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = field(default=())
    runner: str = "plain"
    pytest_at: int | None = None
    python: str | None = None
    runs_module: bool = False


def resolve(text: str, original: Path, environment: Mapping[str, str]) -> Command:
    """Make a command of what the user wrote. Raises SettingsError if it needs a shell or is no command."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError("--test", f"--test is not a command: {error}") from error
    if any(_SHELL_WORDS.fullmatch(word) for word in _raw_words(text)):
        raise SettingsError(
            "--test", "--test needs a shell (`&&`, `|`, `$(…)` …): put it in a script, or write sh -c '…' around it"
        )
    shown = [word for number, word in enumerate(words) if not _are_assignments(words[: number + 1])]
    if not shown:
        raise SettingsError("--test", "--test is empty: give the command that runs the tests")
    variables = words[: len(words) - len(shown)]
    words, runner = _of_package(shown, original)
    while words and _ASSIGNMENT.fullmatch(words[0]):
        variables.append(words.pop(0))
    program = _program(words[0], original, environment)
    at = _pytest_at(words)
    python, runs_module = _interpreter(program, words, at)
    return Command(
        (program, *words[1:]),
        tuple(shown),
        tuple((name, value) for name, _, value in (word.partition("=") for word in variables)),
        runner or runner_of(words),
        at,
        python,
        runs_module,
    )


def _are_assignments(words: list[str]) -> bool:
    return all(_ASSIGNMENT.fullmatch(word) for word in words)


def runner_of(words: list[str]) -> str:
    """Who tells of single tests if these words are started; `plain` if nobody does."""
    if _pytest_at(words) is not None:
        return "pytest"
    rest = words[1:] if os.path.basename(words[0]) in ("npx", "bunx", "cross-env") else words
    while rest and _ASSIGNMENT.fullmatch(rest[0]):
        rest = rest[1:]
    match [os.path.basename(word) for word in rest[:1]] + rest[1:]:
        case [program, "-m", "unittest", *_] if _PYTHON.fullmatch(program):
            return "unittest"
        case ["jest", *_] | ["react-scripts", "test", *_]:
            return "jest"
        case ["vitest", *_]:
            return "vitest"
        case ["mocha", *_]:
            return "mocha"
        case ["node", *options] if "--test" in options:
            return "node"
        case ["go" | "cargo" as tool, "test", *_]:
            return tool
        case _:
            return "plain"


def _of_package(words: list[str], original: Path) -> tuple[list[str], str]:
    """`npm test` as what the script says, where that is one command; and the runner, if a script needs a shell.

    Arguments that are put behind `npm test --` go to the last command of the script.
    """
    match words:
        case ["npm" | "yarn" | "pnpm" | "bun" as tool, "test" | "t", *arguments]:
            name = "test"
        case ["npm" | "yarn" | "pnpm" | "bun" as tool, "run" | "run-script", name, *arguments]:
            pass
        case _:
            return words, ""
    scripts = package_scripts(original)
    script = scripts.get(name, "")
    arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
    try:
        simple = not any(_SHELL_WORDS.fullmatch(word) for word in _raw_words(script)) and "$" not in script
        last = shlex.split(re.split(r"&&|;|\|\|", script)[-1])
    except ValueError:
        return words, ""
    if not last or tool == "bun":
        return words, ""
    if simple and f"pre{name}" not in scripts and f"post{name}" not in scripts:
        return [*last, *arguments], ""
    runner = runner_of(last)
    if runner in ("jest", "vitest", "mocha"):  # their own arguments may stand anywhere
        return [tool, "run", name, "--", *arguments], runner
    return words, ""


def package_scripts(root: Path) -> dict[str, str]:
    """The scripts of `package.json`; none where it cannot be read."""
    try:
        with open_regular(root / "package.json") as file:
            scripts = json.loads(file.read(_LARGEST))["scripts"]
        return {name: text for name, text in scripts.items() if isinstance(text, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


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
        if os.path.basename(word) in _PYTEST and (number == 0 or words[number - 1] in ("run", "exec", "-x")):
            return number + 1
    return None


def _program(name: str, original: Path, environment: Mapping[str, str]) -> str:
    if "/" in name:
        # A relative program is the copy's own, unless it was not copied (`.venv/bin/python`).
        in_tree = original / name
        return str(in_tree) if not Path(name).is_absolute() and interpreter.is_of_environment(in_tree) else name
    for directory in interpreter.binaries(original, environment):
        if (found := directory / name).is_file() and os.access(found, os.X_OK):
            return str(found)
    # A relative entry of PATH would be a directory of the tree that is tested.
    entries = environment.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(entry for entry in entries if os.path.isabs(entry))  # noqa: PTH117  # it may be empty
    if name == "python" and not shutil.which("python", path=path):
        name = "python3"
    return shutil.which(name, path=path) or name


def _interpreter(program: str, words: list[str], at: int | None) -> tuple[str | None, bool]:
    """The interpreter that will run pytest, and whether it is called with `-m`."""
    if at == 3 and words[1] == "-m" and _PYTHON.fullmatch(Path(program).name):
        return program, True
    if at == 1:
        beside = Path(program).parent / "python"
        return (str(beside), False) if beside.is_file() else (None, False)
    return None, False
