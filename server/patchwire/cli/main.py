"""`patchwire`: reads the command line and hands over to one module a command. Imports nothing costly before it must."""

import argparse
import sys
from collections.abc import Sequence

from patchwire.cli import run, serve


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="patchwire",
        description="Turn a red test suite into a tested patch: an agent works on a copy of your repository, and the "
        "diff comes back for you to review.",
    )
    top.add_argument("--version", action="version", version=f"patchwire {version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (run, serve):
        name = module.__name__.rpartition(".")[2]
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
    options = parser().parse_args(arguments)
    code: int = options.main(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
