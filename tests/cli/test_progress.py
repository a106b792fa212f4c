"""Progress as lines, on a pipe and on a terminal."""

import contextlib
import io
import os
import pty

from patchwire.cli.progress import showing
from patchwire.task import (
    Retracted,
    Said,
    StepDone,
    TestReport,
    TestsRan,
    ToolFinished,
    ToolStarted,
    Usage,
    Verdict,
    Waiting,
)

TURN = [
    Said("Let me "),
    Said("look.\nFirst"),
    ToolStarted("c1", "read_file", "read [bold]a.py"),
    ToolFinished("c1", "read_file", ok=True, summary="lines 1-3 of 3", seconds=0.01),
    TestsRan("before", TestReport(Verdict.FAILED, ("pytest",), failed=1)),
    TestsRan("during", TestReport(Verdict.FAILED, ("pytest",), failed=1)),
    ToolFinished("unknown", "run_tests", ok=False, summary="1 failed", seconds=2.0),
    Waiting("overloaded", 0.2),
    Said("Hal"),
    Retracted("the connection was lost"),
    StepDone(1, Usage()),
    Said("\nFixed."),
]
LINES = [
    "  Let me look.",
    "  First",
    "✓ read [bold]a.py: lines 1-3 of 3 (0.0 s)",
    "  tests before: 1 failed",
    "· run_tests: 1 failed (2.0 s)",
    "  waiting 0.2 s: overloaded",
    "  (lost, asking again: the connection was lost)",
    "",
    "  Fixed.",
]


def test_lines_on_a_pipe() -> None:
    stream = io.StringIO()
    with showing(stream) as emit:
        for progress in TURN:
            emit(progress)
    assert stream.getvalue().splitlines() == LINES


def test_the_same_lines_on_a_terminal_without_markup() -> None:
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        with showing(stream) as emit:
            for progress in TURN:
                emit(progress)
        shown = ""
        while LINES[-1] not in shown:  # a terminal hands over what it has got so far
            shown += os.read(controller, 65536).decode()
    os.close(controller)
    for line in LINES:
        assert line.strip() in shown


def test_nothing_that_is_shown_speaks_to_the_terminal_or_passes_for_another_line() -> None:
    evil = "\x1b]52;c;eA==\x07\n✓ tests after: 99 passed\u202e"
    stream = io.StringIO()
    with showing(stream) as emit:
        emit(ToolStarted("c1", "read_file", f"read {evil}"))
        emit(ToolFinished("c1", "read_file", ok=True, summary=evil, seconds=0.0))
        emit(Said(evil))
        emit(Waiting(evil, 0.1))
    assert not set(stream.getvalue()) & set("\x1b\x07\u202e")
    assert not [line for line in stream.getvalue().splitlines() if line.startswith("✓ tests")]


def test_a_terminal_that_is_hung_up_stops_no_work() -> None:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        with showing(terminal) as emit:
            emit(Said("before"))
            os.close(master)
            emit(ToolStarted("1", "run_tests", "run the tests"))
            emit(Said("after"))
        with contextlib.suppress(OSError):
            terminal.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), slave)
