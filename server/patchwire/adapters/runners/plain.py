"""Any command at all: its exit code is the verdict, and its output all that is known."""

from patchwire.adapters.process import Finished, run
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.place import Place, outside_note
from patchwire.task import TestReport, Verdict


async def run_plain(command: Command, place: Place, seconds: float, *, note: str = "") -> TestReport:
    """Run the command in the copy. Raises WorkspaceError if it cannot be started."""
    place.loaded_outside()
    finished = await run(command.argv, cwd=place.root, environment=place.variables(command), seconds=seconds)
    verdict, reason = _verdict(finished, place.loaded_outside(), seconds)
    return TestReport(
        verdict,
        command.shown,
        exit_code=finished.exit_code,
        seconds=finished.seconds,
        timed_out=finished.timed_out,
        output=place.shown(finished.output),
        note="; ".join(filter(None, (reason, note))),
    )


def _verdict(finished: Finished, outside: tuple[str, ...], seconds: float) -> tuple[Verdict, str]:
    if finished.timed_out:
        return Verdict.INCONCLUSIVE, f"the time limit of {seconds:g} s ended the run"
    if outside:
        return Verdict.INCONCLUSIVE, outside_note(outside)
    return (Verdict.FAILED if finished.exit_code else Verdict.PASSED), ""
