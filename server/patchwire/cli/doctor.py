"""`patchwire doctor`: what this machine has that Patchwire uses, and which command would let it isolate better."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchwire.cli import report
from patchwire.cli.streams import deliver

if TYPE_CHECKING:
    from patchwire.adapters.sandbox_probe import Machine

HELP = "say what this machine can do, and what would let it do more"
DESCRIPTION = """\
Say which levels of isolation this machine allows and which one command would raise the best of them, which programs
are used, whether there is an API key (never the key itself), and where Patchwire keeps what it has to keep.

Exit code 1 if tests can only be run in a plain copy, without a sandbox; 3 if something that is needed is missing.
"""
_SECONDS = 10.0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--json", action="store_true", help="print one JSON object")


def main(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    found = _found()
    text = json.dumps(found) + "\n" if options.json else "".join(f"{line}\n" for line in _lines(found))
    if not deliver(text.encode("utf-8", "backslashreplace")) or found["problems"]:
        return report.EXIT_FAILED
    return 0 if found["isolation"]["best"] != "copy" else 1


def _found() -> dict[str, Any]:
    """All that is to be told, as JSON."""
    from patchwire.adapters import programs, sandbox, sandbox_probe, state
    from patchwire.cli.main import version
    from patchwire.errors import WorkspaceError

    problems = []
    try:
        home: str | None = str(state.home())
        machine = sandbox_probe.probe()
    except WorkspaceError as error:
        problems.append(str(error))
        home, machine = None, sandbox_probe.Machine(None, None, (("overlay", str(error)), ("bind", str(error))))
    git, bwrap = programs.find("git"), programs.find("bwrap")
    if git is None:
        problems.append("git is not on the PATH: install it (Debian, Ubuntu: apt install git)")
    return {
        "patchwire": version(),
        "python": {"version": platform.python_version(), "program": sys.executable},
        "git": _program(git),
        "bwrap": _program(bwrap),
        "key": _key(),
        "state": home,
        "isolation": _isolation(machine),
        "limits": sandbox.held(),
        "problems": problems,
    }


def _isolation(machine: "Machine") -> dict[str, Any]:
    refused = dict(machine.reasons)
    levels = {level: refused.get(level) for level in ("overlay", "bind", "copy")}
    return {"best": machine.best, "refused": levels, "cure": machine.cure or None}


def _program(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except OSError as error:
        return {"program": str(path), "version": f"does not start ({error.strerror})"}
    except subprocess.TimeoutExpired:
        return {"program": str(path), "version": "does not answer"}
    return {"program": str(path), "version": done.stdout.strip().rpartition(" ")[2]}


def _key() -> str | None:
    """Where a key would come from."""
    return next((name for name in ("PATCHWIRE_KEY_COMMAND", "OPENAI_API_KEY") if os.environ.get(name)), None)


def _lines(found: dict[str, Any]) -> list[str]:
    isolation = found["isolation"]
    lines = [
        f"patchwire  {found['patchwire']}",
        f"python     {found['python']['version']}  {found['python']['program']}",
        *(
            f"{name:<9}  {found[name]['version']}  {found[name]['program']}" if found[name] else f"{name:<9}  not found"
            for name in ("git", "bwrap")
        ),
        f"key        {'from ' + found['key'] if found['key'] else 'none: only --offline works'}",
        f"state      {found['state'] or 'none'}",
        f"limits     {found['limits']}",
        f"isolation  {isolation['best']}",
    ]
    lines += [f"           no {level}: {why}" for level, why in isolation["refused"].items() if why]
    if isolation["cure"]:
        lines.append(f"           to raise it: {isolation['cure']}")
    return lines + [f"problem    {problem}" for problem in found["problems"]]
