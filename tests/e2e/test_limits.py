"""What a test run may do to us at worst: every run is over by its time limit and three seconds, in bounded memory, and
nothing that it started is left alive.

The programs run at no level of isolation at all: what must hold here holds everywhere. Limits of processes and memory
belong to the sandbox and are tested with it; the bomb below is a small one, so that the machine survives the test.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from patchwire.adapters.process import Finished, run

GRACE = 3.0
MIB = 1024 * 1024


@pytest.fixture
def marked() -> Iterator[str]:
    """A variable that every process of this test carries, by which the ones that are left are found."""
    name = f"PATCHWIRE_LIMITS_{os.getpid()}_{time.monotonic_ns()}"
    yield name
    assert left_alive(name) == []


def left_alive(name: str) -> list[str]:
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if name.encode() in environ.read_bytes():
                found.append(environ.parent.name)
        except OSError:
            continue
    return found


async def bounded(code: str, marked: str, where: Path, *, seconds: float = 60.0) -> Finished:
    """Run Python code; it must be over in time, and must not have cost us memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    finished = await run(
        [sys.executable, "-c", code], cwd=where, environment={marked: "1", "PATH": os.defpath}, seconds=seconds
    )
    assert time.monotonic() - started < seconds + GRACE
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 64, f"{grown:.0f} MiB"
    return finished


async def test_a_gigabyte_of_output(marked: str, tmp_path: Path) -> None:
    code = (
        "import os\nline = b'x' * 99 + b'\\n'\nfor _ in range(1024): os.write(1, line * 10486)\nos.write(1, b'the end')"
    )
    finished = await bounded(code, marked, tmp_path)
    assert (finished.exit_code, finished.timed_out) == (0, False)
    assert finished.output.endswith("the end")
    assert "bytes left out" in finished.output
    assert len(finished.output) < MIB


async def test_one_line_of_a_hundred_megabytes(marked: str, tmp_path: Path) -> None:
    finished = await bounded("import os\nfor _ in range(100): os.write(1, b'x' * 1024 * 1024)", marked, tmp_path)
    assert finished.exit_code == 0
    assert len(finished.output) < MIB


async def test_a_bomb_of_processes(marked: str, tmp_path: Path) -> None:
    code = "import os, time\nfor _ in range(8): os.fork()\nos.setsid() if os.fork() == 0 else None\ntime.sleep(600)"
    finished = await bounded(code, marked, tmp_path, seconds=4.0)
    assert finished.timed_out


async def test_daemons_that_leave_the_group_and_hold_the_pipe(marked: str, tmp_path: Path) -> None:
    code = (
        "import os, signal, time\n"
        "for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(stop, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    time.sleep(600)\n"
        "print('done', flush=True)"
    )
    finished = await bounded(code, marked, tmp_path)
    assert (finished.exit_code, finished.output.strip(), finished.timed_out) == (0, "done", False)


async def test_a_flood_of_files(marked: str, tmp_path: Path) -> None:
    code = "import os\nfor n in range(1_000_000): os.close(os.open(str(n), os.O_CREAT | os.O_WRONLY))"
    finished = await bounded(code, marked, tmp_path, seconds=5.0)
    assert finished.timed_out or finished.exit_code == 0


async def test_an_allocation_beyond_all_memory(marked: str, tmp_path: Path) -> None:
    finished = await bounded("x = bytearray(64 << 30)\nprint(len(x))", marked, tmp_path, seconds=20.0)
    assert finished.exit_code != 0 or "68719476736" in finished.output, "the system lends what nobody has touched"


async def test_what_catches_every_signal_is_killed_all_the_same(marked: str, tmp_path: Path) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: time.sleep(1)"
    assert (await bounded(code, marked, tmp_path, seconds=1.0)).timed_out
