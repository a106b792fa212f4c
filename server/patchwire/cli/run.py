"""`patchwire run`: one task on one repository; the diff on standard output, everything else on standard error.

Reads options and environment into `Settings`, `Task` and `Budget`, shows progress, prints the outcome and maps it to an
exit code. Decides nothing about the work itself.
"""

import argparse
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.cli import report
from patchwire.cli.progress import showing
from patchwire.cli.streams import deliver, say
from patchwire.errors import SettingsError, TurnError
from patchwire.settings import ISOLATIONS, LEVELS, TRANSPORTS, Settings, read
from patchwire.task import Budget, Outcome, Snapshot, Status, Task

if TYPE_CHECKING:
    from patchwire.adapters.journal import Recorded
    from patchwire.task import Isolation

HELP = "make the failing tests of a repository pass, or do another task"
DESCRIPTION = """\
Work on a task in a private copy of a repository and print a tested diff. Your files are not touched.

Without TASK: make the failing tests pass. The diff alone goes to standard output, progress to standard error.
A model needs OPENAI_API_KEY; --offline uses the built-in model, which repairs small Python bugs without any network.

exit codes: 0 the tests pass with the patch (or passed already), 1 no passing patch, 2 usage or settings,
            3 the model's service or the workspace failed, 4 the patch could not be verified, 130 interrupted
"""
_DEFAULT = Budget()
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KINDS = {int: "a whole number", float: "a number"}
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class _Tests:
    """How the tests are run, as far as the user says."""

    command: str | None
    reports: tuple[str, ...]
    python: str


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the options. Each has a mirror in the environment, named in its help."""
    command.add_argument("task", nargs="?", default=DEFAULT_TASK, metavar="TASK", help="what to do, in words")
    command.add_argument("--repo", type=Path, default=Path(), metavar="DIR", help="the repository (default: here)")
    command.add_argument(
        "--test",
        metavar="CMD",
        help="the command that runs the tests, such as 'python -m pytest -q'; `python` is the repository's own "
        "(default: detected) [PATCHWIRE_TEST]",
    )
    command.add_argument(
        "--test-report",
        action="append",
        metavar="GLOB",
        help="where that command writes JUnit files, relative to the repository, such as 'build/*.xml' "
        "[PATCHWIRE_TEST_REPORT]",
    )
    command.add_argument(
        "--python", metavar="PATH", help="the interpreter that `python` is in the test command [PATCHWIRE_PYTHON]"
    )
    command.add_argument("--model", metavar="NAME", help="the model to use [PATCHWIRE_MODEL]")
    command.add_argument("--effort", metavar="LEVEL", help="how hard it thinks, such as low or high [PATCHWIRE_EFFORT]")
    command.add_argument("--base-url", metavar="URL", help="another service with the Responses API [OPENAI_BASE_URL]")
    command.add_argument(
        "--transport",
        choices=TRANSPORTS,
        help="how to speak to the service; auto is a WebSocket where there can be one, else HTTP [PATCHWIRE_TRANSPORT]",
    )
    command.add_argument(
        "--isolation",
        choices=ISOLATIONS,
        help="how tests are kept from your tree and machine; auto is the best there is [PATCHWIRE_ISOLATION]",
    )
    command.add_argument(
        "--require-isolation",
        choices=LEVELS,
        metavar="LEVEL",
        help="stop with exit code 3 if there is no isolation at least as good [PATCHWIRE_REQUIRE_ISOLATION]",
    )
    command.add_argument("--offline", action="store_true", help="use the built-in model [PATCHWIRE_OFFLINE=1]")
    command.add_argument("--output", type=Path, metavar="FILE", help="write the diff to a file instead")
    command.add_argument("--apply", action="store_true", help="if the tests pass with the patch, apply it")
    command.add_argument(
        "--allow-sensitive",
        action="store_true",
        help="with --apply: apply it also where it touches files that run code by themselves, such as a Makefile",
    )
    command.add_argument("--json", action="store_true", help="print one JSON object instead of the diff")
    command.add_argument(
        "--no-journal", action="store_true", help="do not write the session down on this machine [PATCHWIRE_JOURNAL=0]"
    )
    command.add_argument(
        "--no-run-command",
        action="store_true",
        help="let the model run no commands of its own, only the tests [PATCHWIRE_RUN_COMMAND=0]",
    )
    grants = command.add_argument_group("what tests and commands may have in the sandbox besides")
    grants.add_argument(
        "--pass-env", action="append", metavar="NAME", help="this environment variable [PATCHWIRE_PASS_ENV=A,B]"
    )
    grants.add_argument(
        "--allow-network", action="store_true", help="this machine's network [PATCHWIRE_ALLOW_NETWORK=1]"
    )
    for name in ("readable", "writable"):
        grants.add_argument(
            f"--{name}",
            action="append",
            metavar="PATH",
            help=f"this path, {name} [PATCHWIRE_{name.upper()}=/a:/b]",
        )
    limits = command.add_argument_group("limits")
    for name, metavar, meaning in _LIMITS:
        limits.add_argument(f"--max-{name}", metavar=metavar, help=f"{meaning} [PATCHWIRE_MAX_{name.upper()}]")


_LIMITS = (
    ("steps", "N", f"requests to the model (default: {_DEFAULT.steps})"),
    ("seconds", "S", f"seconds in all (default: {_DEFAULT.seconds:.0f})"),
    ("tokens", "N", "tokens in and out"),
    ("cost", "USD", "US dollars, where the model's price is known"),
)


def main(options: argparse.Namespace, taken_up: "Recorded | None" = None) -> int:
    """Run the command; the exit code. `taken_up` is the session to go on with."""
    try:
        settings, task, budget, tests = _read(options, os.environ)
        import asyncio  # only for options that are good

        outcome = asyncio.run(_work(settings, task, budget, tests, os.environ, taken_up))
    except SettingsError as error:
        return _fail(options, str(error), report.EXIT_USAGE)
    except TurnError as error:
        return _fail(options, str(error), report.EXIT_FAILED)
    except KeyboardInterrupt:  # before the turn could take it, or while it was put away
        return _fail(options, "Cancelled.", report.EXIT_INTERRUPTED, Status.CANCELLED)
    return _finish(options, task, outcome)


def _read(options: argparse.Namespace, environment: Mapping[str, str]) -> tuple[Settings, Task, Budget, "_Tests"]:
    settings = read(
        {
            "model": options.model,
            "effort": options.effort,
            "base_url": options.base_url,
            "transport": options.transport,
            "journal": "0" if options.no_journal else "1",
            "offline": "1" if options.offline else None,
            "run_command": "0" if options.no_run_command else None,
            "isolation": options.isolation,
            "require_isolation": options.require_isolation,
            "pass_env": ",".join(options.pass_env or ()),
            "allow_network": "1" if options.allow_network else None,
            "readable": os.pathsep.join(options.readable or ()),
            "writable": os.pathsep.join(options.writable or ()),
        },
        environment,
    )
    root = _directory(options.repo)
    prompt = options.task.strip()
    if not prompt:
        raise SettingsError("TASK", "the task is empty: say what to do, or leave it out to make the failing tests pass")
    budget = Budget(
        steps=_limit(options, environment, "steps", int) or _DEFAULT.steps,
        seconds=_limit(options, environment, "seconds", float) or _DEFAULT.seconds,
        tokens=_limit(options, environment, "tokens", int),
        cost=_limit(options, environment, "cost", float),
    )
    reports = options.test_report or list(filter(None, [environment.get("PATCHWIRE_TEST_REPORT")]))
    tests = _Tests(
        options.test or environment.get("PATCHWIRE_TEST") or None,
        tuple(reports),
        options.python or environment.get("PATCHWIRE_PYTHON") or "",
    )
    if reports and tests.command is None:
        raise SettingsError("--test-report", "--test-report says where --test writes its reports: give --test as well")
    return settings, Task(prompt, root), budget, tests


def _directory(path: Path) -> Path:
    try:
        if (root := path.resolve()).is_dir():
            return root
    except (OSError, RuntimeError, ValueError):  # a loop of links, a current directory that is gone
        pass
    raise SettingsError("--repo", f"--repo: there is no directory {path}")


def _limit(
    options: argparse.Namespace, environment: Mapping[str, str], name: str, number: type[Number]
) -> Number | None:
    key = f"--max-{name}"
    text = getattr(options, f"max_{name}")
    if text is None:
        key = f"PATCHWIRE_MAX_{name.upper()}"
        text = environment.get(key)
    if not text:
        return None
    try:
        value = number(text)
    except ValueError:
        value = number(0)
    if not 0 < value < float("inf"):
        raise SettingsError(key, f"{key} is {text!r}: write {_KINDS[number]} above zero")
    return value


async def _work(
    settings: Settings,
    task: Task,
    budget: Budget,
    tests: "_Tests",
    environment: Mapping[str, str],
    taken_up: "Recorded | None",
) -> Outcome:
    import asyncio

    from patchwire.adapters.sandbox_probe import probe_early

    probe_early()  # while all else is imported
    from patchwire.adapters.journal import new_id
    from patchwire.session import Session

    journal_id = None
    if settings.journal:
        journal_id = new_id() if taken_up is None else taken_up.id
    history = () if taken_up is None else taken_up.items
    loop = asyncio.get_running_loop()
    approvals: list[asyncio.Task[None]] = []

    async def approve(_: "Isolation") -> None:
        approvals.append(asyncio.create_task(_approve(settings, task.root, tests, environment)))

    with showing() as emit:
        async with Session(
            settings,
            {**environment, "PATCHWIRE_PYTHON": tests.python},
            tests.command,
            test_reports=tests.reports,
            journal_id=journal_id,
            history=history,
            approve=approve,
        ) as session:
            # What was ignored when we were started stays so: `nohup`, a job in the background of a script.
            numbers = [number for number in _INTERRUPTS if signal.getsignal(number) is not signal.SIG_IGN]
            for number in numbers:
                loop.add_signal_handler(number, session.cancel)
            try:
                return await session.run(task, Snapshot(task.root), budget, emit)
            finally:
                await asyncio.gather(*approvals)
                # From here on a second signal ends the process at once, as people expect.
                for number in numbers:
                    loop.remove_signal_handler(number)


async def _approve(settings: Settings, root: Path, tests: "_Tests", environment: Mapping[str, str]) -> None:
    """Starting the run approves the command that is detected. That it was another the last time is worth a line."""
    if tests.command is not None or not settings.journal:  # the user named it; or nothing is to be written down
        return
    import asyncio

    from patchwire.adapters.approvals import Approvals

    def remember() -> str:
        approvals = Approvals()
        found = approvals.wanted(root, environment)
        if found is None:
            return ""
        changed = approvals.changed(root, found)
        approvals.approve(root, found)
        return f"what runs the tests has changed: `{found.command}`, as {found.source} says it now" if changed else ""

    try:
        if told := await asyncio.to_thread(remember):
            say(told)
    except OSError as error:
        say(f"the test command could not be remembered as approved: {error.strerror}")


def _finish(options: argparse.Namespace, task: Task, outcome: Outcome) -> int:
    code = report.EXIT_CODES[outcome.status]
    # What the model said last stands behind our own sentence, and was shown when it was said.
    sentence = outcome.message.partition("\n\n")[0]
    say(f"{outcome.status.value}: {sentence}")
    if options.output is not None:
        try:
            options.output.write_bytes(outcome.patch)
        except OSError as error:
            say(f"the diff could not be written to {options.output}: {error.strerror}; it follows on standard output")
            code, options.output = report.EXIT_FAILED, None
    if options.apply and outcome.status is Status.DONE and outcome.changes:
        code = _apply(task.root, outcome, allow_sensitive=options.allow_sensitive)
    else:
        for path, why in outcome.sensitive:
            say(f"look at {path} before you apply the patch: {why}")
    say(report.summary(outcome))
    delivered = True
    if options.json:
        delivered = deliver(report.as_json(outcome))
    elif options.output is None:
        delivered = deliver(outcome.patch)
    return code if delivered else report.EXIT_FAILED


def _apply(root: Path, outcome: Outcome, *, allow_sensitive: bool) -> int:
    from patchwire.adapters.tree import accept

    if outcome.sensitive and not allow_sensitive:
        named = ", ".join(f"{path} ({why})" for path, why in outcome.sensitive)
        say(f"the patch was not applied, because it touches {named}: look at it, then use --allow-sensitive")
        return report.EXIT_FAILED
    try:
        merged = accept(root, outcome.changes)
    except TurnError as error:
        say(f"the patch was not applied: {error}")
        return report.EXIT_FAILED
    say(f"applied to {root}")
    if merged:
        say(f"run the tests again: {', '.join(merged)} also changed meanwhile, and now holds both changes")
    return report.EXIT_CODES[outcome.status]


def _fail(options: argparse.Namespace, message: str, code: int, status: Status = Status.FAILED) -> int:
    say(message)
    if options.json:
        deliver(report.failure(message, status))
    return code
