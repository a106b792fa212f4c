"""Commands end, their output stays bounded, and nothing of them is left: real processes."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.process import HEAD, TAIL, Bounded, Finished, run
from patchwire.errors import WorkspaceError

ENVIRONMENT = {"PATH": os.environ["PATH"]}

# A child in the group, a daemon that left the session, and one that forked twice and ignores every polite signal.
FAMILY = """
sleep 987 &
setsid sleep 987 &
(setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 987; done' &)
echo started
"""


async def shell(script: str, seconds: float | None = 20.0, *, cwd: Path = Path("/")) -> Finished:
    return await run(["sh", "-c", script], cwd=cwd, environment=ENVIRONMENT, seconds=seconds)


def processes_that_hold(word: str) -> list[int]:
    """The processes with this word in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found


async def test_a_command_tells_its_exit_code_and_both_its_outputs() -> None:
    finished = await shell("echo out; echo err >&2; exit 3")
    assert (finished.exit_code, finished.output, finished.timed_out) == (3, "out\nerr\n", False)


async def test_a_death_by_signal_is_a_negative_exit_code() -> None:
    assert (await shell("kill -SEGV $$")).exit_code == -signal.SIGSEGV


async def test_a_command_can_be_interrupted_though_we_were_started_in_the_background() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        finished = await shell("kill -INT $$; echo survived")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (finished.exit_code, finished.output) == (-signal.SIGINT, "")


@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that chooses by this")
async def test_where_memory_gives_out_a_command_goes_before_us() -> None:
    finished = await shell("cat /proc/self/oom_score_adj; sh -c 'cat /proc/self/oom_score_adj'")
    assert finished.output.split() == ["1000", "1000"]


async def test_a_command_that_is_not_there_is_an_error_of_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot start no-such-program: No such file"):
        await run(["no-such-program"], cwd=tmp_path, environment=ENVIRONMENT, seconds=5)
    with pytest.raises(WorkspaceError, match="cannot start true"):
        await run(["true"], cwd=tmp_path / "missing", environment=ENVIRONMENT, seconds=5)


async def test_a_command_sees_only_the_environment_it_is_given_and_no_input() -> None:
    finished = await run(["sh", "-c", "cat; env"], cwd=Path("/"), environment=ENVIRONMENT, seconds=20)
    names = {line.partition("=")[0] for line in finished.output.splitlines()}
    assert names <= {
        "PATH",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "LC_CTYPE",
    }  # Python makes a C locale UTF-8 for its children


@pytest.mark.parametrize("end", ["exit 0", "sleep 987"], ids=["ended", "timed out"])
async def test_nothing_is_left_of_a_command(end: str, tmp_path: Path) -> None:
    mark = f"MARK={tmp_path}"
    finished = await run(
        ["sh", "-c", FAMILY + end], cwd=tmp_path, environment={**ENVIRONMENT, "MARK": str(tmp_path)}, seconds=0.5
    )
    assert finished.output == "started\n"
    assert finished.timed_out is (end != "exit 0")
    assert processes_that_hold(mark) == []


async def test_cancelling_kills_everything_before_it_returns(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    environment = {**ENVIRONMENT, "MARK": str(tmp_path)}
    task = asyncio.create_task(
        run(["sh", "-c", f"{FAMILY} echo go > {fifo}; sleep 987"], cwd=tmp_path, environment=environment, seconds=None)
    )
    assert await asyncio.to_thread(fifo.read_text) == "go\n"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes_that_hold(f"MARK={tmp_path}") == []


def test_nothing_is_left_when_we_are_killed(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = f"""
import asyncio, os
from pathlib import Path
from patchwire.adapters.process import run
script = {FAMILY!r} + "echo go > {fifo}; sleep 987"
environment = dict(PATH=os.environ["PATH"], MARK={str(tmp_path)!r})
asyncio.run(run(["sh", "-c", script], cwd=Path("/"), environment=environment, seconds=None))
"""
    server = Path(__file__).parents[2] / "server"
    with subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(server)}) as ours:
        assert fifo.read_text() == "go\n"
        supervisors = children_of(ours.pid)
        ours.kill()
    wait_for_end(supervisors)
    assert processes_that_hold(f"MARK={tmp_path}") == []


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for_end(pids: list[int]) -> None:
    """Wait until processes that are not ours to wait for are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            ended = select.select([descriptor], [], [], 10)[0]
            os.close(descriptor)
            assert ended


async def test_a_hundred_megabytes_stay_bounded() -> None:
    finished = await shell("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo last")
    assert len(finished.output) < HEAD + TAIL + 100
    assert finished.output.startswith("first\nx")
    assert finished.output.endswith("xlast\n")
    assert "bytes left out …" in finished.output


async def test_an_endless_writer_meets_its_time_limit() -> None:
    finished = await shell("yes", seconds=0.3)
    assert finished.timed_out
    assert finished.seconds < 5


async def test_a_command_may_end_in_good_order_when_its_time_is_up() -> None:
    finished = await shell("trap 'echo bye; exit 0' INT; echo hi; while :; do sleep 0.05; done", seconds=0.4)
    assert finished.timed_out
    assert finished.output == "hi\nbye\n"


async def test_a_listener_that_fails_is_heard_and_the_command_is_gone() -> None:
    def fail(piece: bytes) -> None:
        raise ValueError(piece)

    command = ["sh", "-c", "echo hello; exec sleep 4223"]
    async with asyncio.timeout(10):
        with pytest.raises(ValueError, match="hello"):
            await run(command, cwd=Path("/"), environment=ENVIRONMENT, seconds=None, heard=fail)
    assert not processes_that_hold("4223")


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_leaks() -> None:
    await shell("true")
    before = open_descriptors()
    for _ in range(5):
        await shell("true")
    assert open_descriptors() == before


@given(st.lists(st.binary(max_size=40)), st.integers(0, 20), st.integers(1, 20))
def test_what_is_bounded_keeps_its_ends(pieces: list[bytes], head: int, tail: int) -> None:
    letters = [bytes(b"abcdefgh"[byte % 8] for byte in piece) for piece in pieces]
    bounded = Bounded(head, tail)
    for piece in letters:
        bounded.add(piece)
    whole = b"".join(letters).decode()
    if len(whole) <= head + tail:
        assert bounded.text() == whole
    else:
        left_out = len(whole) - head - tail
        assert bounded.text() == f"{whole[:head]}\n… {left_out:,} bytes left out …\n{whole[-tail:]}"
