"""unittest: started by our probe, which tells of each test, and judged by exit code and results together."""

from collections.abc import Sequence

from patchwire.adapters.process import run
from patchwire.adapters.runners.channel import channel
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.place import Place, outside_note
from patchwire.adapters.runners.report import FORGED, concluded, report
from patchwire.task import TestReport, Verdict


async def run_unittest(command: Command, place: Place, seconds: float, *, targets: Sequence[str] = ()) -> TestReport:
    """Run unittest in the copy. Targets are its own names (`tests.test_cart.TestCart.test_total`) or files.

    Raises WorkspaceError if it cannot be started.
    """
    place.loaded_outside()
    with channel(place) as probe:
        environment = place.variables(command) | probe.variables
        finished = await run(
            _argv(command, targets),
            cwd=place.root,
            environment=environment,
            seconds=seconds,
            confinement=place.confinement,
        )
        gathered = probe.gathered()
    if finished.timed_out:
        gathered.still_running(f"still running when the time limit of {seconds:g} s ended the run")
    elif gathered.exit is None:
        gathered.still_running("the process ended while this test was running")
    results = tuple(gathered.results.values())
    incomplete = ""
    if gathered.exit is None:
        incomplete = "unittest did not reach its end (a test left the process?)"
    elif gathered.collected is not None and gathered.collected > len(results):
        incomplete = f"{len(results)} of {gathered.collected} tests ran"
    silent = f"unittest ended with exit code {finished.exit_code} and no failing test"
    verdict = concluded(finished, results, seconds, incomplete=incomplete, silent=silent)
    if finished.exit_code == _NO_TESTS and not results:
        verdict = Verdict.NO_TESTS, "unittest found no tests; --test names another command"
    if gathered.forged:
        verdict = Verdict.INCONCLUSIVE, FORGED
    if outside := place.loaded_outside():
        verdict = Verdict.INCONCLUSIVE, outside_note(outside)
    return report((*command.shown, *targets), place, finished, results, verdict, turned=gathered.turned)


_NO_TESTS = 5


def _argv(command: Command, targets: Sequence[str]) -> list[str]:
    """`python -m unittest …` by way of the probe; targets take the place of what the command names."""
    at = command.argv.index("-m")
    rest = list(command.argv[at + 2 :])
    if targets:
        rest = [word for word in rest if word.startswith("-") and word not in ("-s", "-p", "-t")]
        rest += [target.replace("::", ".") for target in targets]
    return [*command.argv[:at], "-m", "patchwire_probe.unittests", *rest]
