"""`patchwire sessions`: the sessions that were written down on this machine, the latest first."""

import argparse
import json
import time

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
        print(json.dumps(listed))
        return 0
    for session in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(session.started))
        task = " ".join(session.prompt.split())[:60]
        print(f"{session.id}  {when}  {session.status or _UNFINISHED:<13}  {session.root}  {task}")
    return 0
