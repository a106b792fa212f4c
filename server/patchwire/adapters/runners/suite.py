"""The tests of one tree: the command that runs them, detected or named, and a run of it by whatever runner it has.

The command is settled when a turn begins. If the text that defines it (a script, a Makefile) is changed in the copy
after that, it runs as it was: nothing that a patch writes decides what is run.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from patchwire.adapters.runners.command import Command, resolve
from patchwire.adapters.runners.detect import PYTEST, Definition, again, detect
from patchwire.adapters.runners.foreign import RUNNERS, run_foreign, run_reporting
from patchwire.adapters.runners.place import Place
from patchwire.adapters.runners.plain import run_plain
from patchwire.adapters.runners.pytest import Ran, run_pytest
from patchwire.adapters.runners.unittest import run_unittest
from patchwire.task import TestReport


class Suite:
    """The tests of the tree `original`. `test_command` is the user's own; `reports` are patterns of what it writes."""

    def __init__(
        self,
        original: Path,
        environment: Mapping[str, str],
        test_command: str | None = None,
        reports: Sequence[str] = (),
    ) -> None:
        self._original, self._environment = original, environment
        self._named = None if test_command is None else Definition(test_command, reports=tuple(reports))
        self._definition: Definition | None = self._named

    def settle(self, files: Collection[str] = ()) -> None:
        """A turn begins: find out what runs the tests of the tree as it stands now. `files` are a last hint."""
        if self._named is None:
            self._definition = detect(self._original, self._environment)
            if self._definition is None and any(file.endswith(".py") for file in files):
                self._definition = Definition(PYTEST)

    @property
    def definition(self) -> Definition | None:
        """What runs the tests; None if nothing does."""
        return self._definition

    def command(self) -> Command | None:
        """The same, fit to be started. Raises SettingsError for a command that is none."""
        if self._definition is None:
            return None
        return resolve(self._definition.command, self._original, self._environment)

    def redefined(self, root: Path) -> tuple[str, ...]:
        """The file that defines the command, if it has changed since the turn began. `root` has it as it is now."""
        then = self._definition
        if then is None or again(then, root, self._environment).digest == then.digest:
            return ()
        return (then.source,)

    async def run(
        self, command: Command, place: Place, seconds: float, *, targets: Sequence[str] = (), trace: bool = False
    ) -> Ran:
        """Run the tests in `place`. Raises WorkspaceError if they cannot be started."""
        reports = () if self._definition is None else self._definition.reports
        return await run_suite(command, place, seconds, targets=targets, trace=trace, reports=reports)


async def run_suite(
    command: Command,
    place: Place,
    seconds: float,
    *,
    targets: Sequence[str] = (),
    trace: bool = False,
    most_failures: int | None = None,
    reports: Sequence[str] = (),
) -> Ran:
    """One run by the command's own runner. Raises WorkspaceError if it cannot be started."""
    if command.runner == "pytest":
        return await run_pytest(command, place, seconds, targets=targets, trace=trace, most_failures=most_failures)
    return Ran(await _run(command, place, seconds, targets, reports), ())


async def _run(
    command: Command, place: Place, seconds: float, targets: Sequence[str], reports: Sequence[str]
) -> TestReport:
    if command.runner == "unittest":
        return await run_unittest(command, place, seconds, targets=targets)
    _link_packages(place)
    if command.runner in RUNNERS:
        return await run_foreign(command, place, seconds, targets=targets)
    note = "this command cannot run single tests, so it ran as a whole" if targets else ""
    if reports:
        report = await run_reporting(command, place, seconds, reports)
        return replace(report, note="; ".join(filter(None, (report.note, note))))
    return await run_plain(command, place, seconds, note=note)


def _link_packages(place: Place) -> None:
    """Let a copy, which goes without installed packages, find those of the original."""
    ours, theirs = place.root / "node_modules", place.original / "node_modules"
    if not os.path.lexists(ours) and theirs.is_dir():  # a dangling link is one too
        ours.symlink_to(theirs, target_is_directory=True)
