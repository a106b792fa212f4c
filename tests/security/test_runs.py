"""Rows 21, 22, 36 and 38 of docs/security.md: what a run of hostile tests can do to the machine, and who runs what."""

import contextlib
import os
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.security.hostile import ENVIRONMENT, opened, program
from tests.stage import BUGGY, PYTEST, repository

import patchwire
from patchwire.adapters.journal import JournalFile
from patchwire.ports import TestRun
from patchwire.task import Verdict

SERVER = Path(patchwire.__file__).parent.parent
LIMIT, GRACE = 6.0, 3.0


def alive(word: str) -> list[int]:
    """The processes of this machine that have this word on their command line, zombies apart."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return [pid for pid in found if pid != os.getpid()]


def ended(pids: list[int], seconds: float) -> bool:
    """Whether all these processes are gone within so many seconds."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                    return False
            finally:
                os.close(descriptor)
    return True


DAEMONS = """
import os, subprocess, sys

FOREVER = "import signal, time\\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\\nwhile True: time.sleep(100)"

def test_daemons():
    subprocess.Popen([sys.executable, "-c", FOREVER, "{word}-child"])
    subprocess.Popen([sys.executable, "-c", FOREVER, "{word}-session"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", FOREVER, "{word}-daemon"])
        os._exit(0)
    print("started", flush=True)
    {end}
"""
RUNS = """
import asyncio, os, sys
from pathlib import Path
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot

async def main():
    root, command = Path(sys.argv[1]), sys.argv[2]
    workspace = await open_workspace(Snapshot(root), test_command=command, environment=dict(os.environ))
    await workspace.run_tests(TestRun(seconds=100))

asyncio.run(main())
"""


async def test_row_21_no_daemon_survives_the_run(tmp_path: Path) -> None:
    for number, end in enumerate(("pass", "import time; time.sleep(1000)")):
        word = f"row21-{os.getpid()}-{number}"
        root = repository(
            tmp_path / f"shop{number}", {"test_d.py": DAEMONS.replace("{word}", word).replace("{end}", end)}
        )
        async with opened(root) as workspace:
            report = await workspace.run_tests(TestRun(seconds=10.0 if end == "pass" else 4.0))
            assert report.timed_out is (end != "pass"), report
            assert ended(alive(word), 1.0)
        assert alive(word) == []


def test_row_21_nor_the_death_of_the_server(tmp_path: Path) -> None:
    word = f"row21-{os.getpid()}-killed"
    source = DAEMONS.replace("{word}", word).replace("{end}", "import time; time.sleep(1000)")
    root = repository(tmp_path / "shop", {"test_d.py": source})
    environment = {**ENVIRONMENT, "PYTHONPATH": str(SERVER), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", RUNS, root, PYTEST], env=environment) as server:
        deadline = time.monotonic() + 60
        while len(alive(f"{word}-")) < 3:
            assert time.monotonic() < deadline
            assert server.poll() is None
        server.kill()
    assert ended(alive(word), 2.0)
    assert alive(word) == []


EXCESSES = {
    "much output": "import sys\n    for _ in range(4000): sys.stdout.write('x' * 65536)",
    "one long line": "print('x' * 50_000_000)",
    "many processes": "import subprocess\n    [subprocess.Popen(['sleep', '100']) for _ in range(200)]",
    "a large file": "open('large', 'wb').truncate(10 * 2**30)",
    "many files": "import pathlib\n    [pathlib.Path(f'f{n}').touch() for n in range(20_000)]",
    "much memory": "bytearray(2**36)",
    "never ends": "while True: pass",
}


@pytest.mark.parametrize("excess", EXCESSES)
async def test_row_22_no_excess_outlasts_its_limit_or_fills_our_memory(tmp_path: Path, excess: str) -> None:
    import resource

    root = repository(tmp_path / "shop", {"test_x.py": f"def test_x():\n    {EXCESSES[excess]}\n    assert False\n"})
    async with opened(root) as workspace:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.monotonic()
        report = await workspace.run_tests(TestRun(seconds=LIMIT))
        assert time.monotonic() - started < LIMIT + GRACE
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 64
        assert len(report.output) < 1024 * 1024
        assert report.verdict is not Verdict.PASSED
        assert (await workspace.list("", 99)).items == ("test_x.py",), "the server lives and its tree is as it was"
    assert sorted(path.name for path in root.iterdir()) == [".git", "test_x.py"]


def test_row_36_our_own_files_are_ours_alone(tmp_path: Path) -> None:
    where = tmp_path / "state" / "sessions"
    journal = JournalFile("20260101-000000-aaaaaaaa", where=lambda: where)
    journal.note("session", root="/x")
    journal.close()
    assert stat.S_IMODE(where.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in where.iterdir()] == [0o600]


def test_row_36_a_journal_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "sessions").symlink_to("victim")
    journal = JournalFile("20260101-000000-aaaaaaaa", where=lambda: tmp_path / "sessions")
    journal.note("session", root="/x")
    journal.close()
    assert list((tmp_path / "victim").iterdir()) == []
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "20260101-000000-aaaaaaaa.jsonl").symlink_to(tmp_path / "victim" / "new")
    journal = JournalFile("20260101-000000-aaaaaaaa", where=lambda: tmp_path / "own")
    journal.note("session", root="/x")
    journal.close()
    assert list((tmp_path / "victim").iterdir()) == []


async def test_row_36_the_copy_is_ours_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    (tmp_path / "tmp").mkdir()
    async with opened(root, environment={**ENVIRONMENT, "TMPDIR": str(tmp_path / "tmp")}):
        for made in (tmp_path / "tmp").iterdir():
            assert stat.S_IMODE(made.stat().st_mode) == 0o700
            assert made.stat().st_uid == os.geteuid()


async def test_row_38_nothing_of_the_repositorys_is_run_but_by_a_run_of_tests(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    evil = f"open({str(marker)!r}, 'a').write('ran\\n')\n"
    root = repository(
        tmp_path / "shop",
        {
            **BUGGY,
            "sitecustomize.py": evil,
            "usercustomize.py": evil,
            "evil.py": evil,
            "conftest.py": evil,
            "setup.py": evil,
            "pytest.ini": "[pytest]\naddopts = -p evil\n",
            "test_cart.py": evil + BUGGY["test_cart.py"],
        },
    )
    for name in ("git", "bwrap", "env", "unshare", "mount", "python", "python3", "sh"):
        program(root / name, marker)
    program(root / ".venv" / "bin" / "python", marker)
    program(root / ".venv" / "bin" / "pytest", marker)
    (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    script = f"""
import asyncio, os, sys
from pathlib import Path
from patchwire.adapters.workspace import open_workspace
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.security.hostile import use_every_tool
from patchwire.task import Snapshot

async def main():
    os.environ["PATH"] = ".:" + os.environ["PATH"]
    workspace = await open_workspace(Snapshot(Path.cwd()), environment=dict(os.environ))
    try:
        await use_every_tool(workspace)
    finally:
        await workspace.aclose()

asyncio.run(main())
"""
    done = subprocess.run(  # noqa: ASYNC221 - nothing else goes on
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(SERVER)!r})\n{script}"],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not marker.exists(), marker.read_text()
