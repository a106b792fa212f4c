"""Any command at all: its exit code is the verdict, and its output all that is known.

Unless it starts a pytest (`make test`, as a rule): then our probe tells of the tests, and an exit code of 0 that does
not go with what it tells concludes nothing.
"""

from patchwire.adapters.process import Finished, run
from patchwire.adapters.runners.channel import channel
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.events import Gathered
from patchwire.adapters.runners.place import Place, outside_note
from patchwire.adapters.runners.report import FORGED, report
from patchwire.task import TestReport, Verdict

_PROBE = {"PYTEST_PLUGINS": "patchwire_probe.plugin"}


async def run_plain(command: Command, place: Place, seconds: float, *, note: str = "") -> TestReport:
    """Run the command in the copy. Raises WorkspaceError if it cannot be started."""
    place.loaded_outside()
    with channel(place) as probe:
        environment = place.variables(command) | probe.variables | _PROBE
        finished = await run(
            command.argv, cwd=place.root, environment=environment, seconds=seconds, confinement=place.confinement
        )
        gathered = probe.gathered()
    verdict, reason = _verdict(finished, gathered, place.loaded_outside(), seconds)
    why = "; ".join(filter(None, (reason, note)))
    return report(command.shown, place, finished, gathered.results.values(), (verdict, why), turned=gathered.turned)


def _verdict(finished: Finished, gathered: Gathered, outside: tuple[str, ...], seconds: float) -> tuple[Verdict, str]:
    if finished.timed_out:
        return Verdict.INCONCLUSIVE, f"the time limit of {seconds:g} s ended the run"
    if outside:
        return Verdict.INCONCLUSIVE, outside_note(outside)
    if finished.exit_code:
        return Verdict.FAILED, ""
    if gathered.forged:
        return Verdict.INCONCLUSIVE, FORGED
    if gathered.collected is not None and gathered.exit is None:
        return Verdict.INCONCLUSIVE, "exit code 0, but pytest did not reach its end (a test left the process?)"
    if gathered.failing or gathered.exit not in (None, 0):
        return Verdict.INCONCLUSIVE, "exit code 0, but not all tests passed"
    return Verdict.PASSED, ""
