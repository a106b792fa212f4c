"""`patchwire`: reads the command line and hands over to one module a command. Imports nothing costly before it must."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from patchwire.cli import report, streams

COMMANDS = ("run", "apply", "sessions", "resume", "serve", "doctor")


class WrongUsage(Exception):
    """Arguments that cannot be read; `program` is the command that was called."""

    def __init__(self, message: str, program: str) -> None:
        super().__init__(message)
        self.program = program


class Parser(argparse.ArgumentParser):
    """argparse's, but it leaves it to us how an error is told."""

    def error(self, message: str) -> NoReturn:
        """Raises WrongUsage."""
        raise WrongUsage(message, self.prog)


class Version(argparse.Action):
    """Says the version, and looks it up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Raises SystemExit."""
        print(f"patchwire {version()}")
        parser.exit()


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line; where `words` begin with a command, with that one alone, for the others would be imported."""
    top = Parser(
        prog="patchwire",
        description="Turn a red test suite into a tested patch: an agent works on a copy of your repository, and the "
        "diff comes back for you to review.",
    )
    top.add_argument("--version", action=Version, nargs=0, help="show program's version number and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [name for name in COMMANDS if [*words[:1]] == [name]] or COMMANDS:
        module = import_module(f"patchwire.cli.{name}")
        command = commands.add_parser(
            name, help=module.HELP, description=module.DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(command)
        command.set_defaults(main=module.main)
    return top


def version() -> str:
    """The installed version."""
    from importlib import metadata

    return metadata.version("patchwire")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    streams.complete()
    try:
        options = parser(words).parse_args(words)
        code: int = options.main(options)
    except WrongUsage as error:
        streams.say(f"{error} (`{error.program} --help` lists what there is)")
        if "--json" in words and words[0] in ("run", "resume"):
            streams.deliver(report.failure(str(error)))
        return report.EXIT_USAGE
    except KeyboardInterrupt:
        return report.EXIT_INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
