"""`patchwire resume ID`: takes up a session that was written down, and works on as `patchwire run` does."""

import argparse
from pathlib import Path

from patchwire.cli import report, run
from patchwire.cli.streams import deliver, say
from patchwire.errors import SettingsError

HELP = "take up a session again"
DESCRIPTION = """\
Go on with a session of `patchwire sessions`, also after a crash: the model knows what was said and done. The copy of
the repository is a new one, so changes of that session are in it only if they were applied.

Without TASK: the session's last task again, in the session's repository. Options and exit codes are those of
`patchwire run`.
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the options: an id, and those of `run`."""
    command.add_argument("session", metavar="ID", help="the session's id")
    run.add_arguments(command)
    command.set_defaults(task=None, repo=None)


def main(options: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from patchwire.adapters.journal import directory, load

    try:
        session = load(directory(), options.session)
    except SettingsError as error:
        say(str(error))
        if options.json:
            deliver(report.failure(str(error)))
        return report.EXIT_USAGE
    options.task = options.task or session.prompt
    options.repo = options.repo or Path(session.root)
    return run.main(options, session)
