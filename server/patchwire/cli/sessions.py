"""`patchwire sessions`: the sessions that were written down on this machine, the latest first."""

import argparse
import json
import time
from typing import TYPE_CHECKING

from patchwire.cli import report
from patchwire.cli.streams import deliver

if TYPE_CHECKING:
    from patchwire.adapters.journal import Recorded

HELP = "list the sessions that can be taken up again"
DESCRIPTION = """\
List the sessions that were written down on this machine, the latest first: id, time, how the last turn ended, the
repository and the task. They are in the state directory of your platform, readable by you alone, for 30 days.
"""
_UNFINISHED = "interrupted"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--json", action="store_true", help="print a JSON list")


def main(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from patchwire.adapters.journal import directory, sessions

    found = sessions(directory())
    if options.json:
        listed = [
            {
                "id": session.id,
                "started": session.started,
                "status": session.status or _UNFINISHED,
                "root": session.root,
                "model": session.model,
                "task": session.prompt,
                "items": len(session.items),
            }
            for session in found
        ]
        return _print(json.dumps(listed) + "\n")
    return _print("".join(map(_line, found)))


def _line(session: "Recorded") -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(session.started))
    task = " ".join(session.prompt.split())[:60]
    return f"{session.id}  {when}  {session.status or _UNFINISHED:<13}  {session.root}  {task}\n"


def _print(text: str) -> int:
    return 0 if deliver(text.encode("utf-8", "backslashreplace")) else report.EXIT_FAILED
