"""A thousand turns in one process: nothing grows, neither memory nor descriptors, processes or what is on the disk."""

import gc
import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.adapters.conftest import needs

from patchwire.adapters import caches, state
from patchwire.adapters.caches import Cache
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Buffer, Snapshot, Verdict

TURNS = 1_000
SESSIONS = 20
WARM = 100
"""Turns before anything is counted: libraries are loaded and caches filled by then."""
MEGABYTE = 1024
"""In kilobytes, as the system counts."""

COMMAND = """sh -c 'cat m0.py; echo litter > litter.txt; echo built > "${XDG_CACHE_HOME:-$TMPDIR}/built"'"""


def children() -> int:
    done = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "pid="], capture_output=True, text=True, check=False)
    return len(done.stdout.split()) - 1  # ps itself


def state_of_us() -> tuple[int, int, int]:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())), children(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.soak
@pytest.mark.parametrize("level", ["overlay", "copy"])
async def test_a_thousand_turns_leave_nothing(tmp_path: Path, level: str) -> None:
    needs(level)
    root = tmp_path / "tree"
    root.mkdir()
    for number in range(20):
        (root / f"m{number}.py").write_text(f"X = {number}\n")
    async with await open_workspace(Snapshot(root), test_command=COMMAND, wish=Wish(level)) as workspace:
        before = (0, 0, 0)
        for turn in range(TURNS):
            await workspace.refresh(Snapshot(root, (Buffer("m1.py", f"X = {turn}\n", turn),)))
            await workspace.write([("m0.py", f"X = 'turn {turn}'\n"), (f"new{turn}.py", "N = 1\n")])
            report = await workspace.run_tests(TestRun())
            assert report.output == f"X = 'turn {turn}'\n", report
            if turn % 10 == 0:
                assert (await workspace.search("turn", "", ignore_case=False, limit=5)).items
                assert await workspace.patch()
            if turn == WARM:
                before = state_of_us()
        after = state_of_us()
        assert after[0] <= before[0] + 4
        assert after[1] <= before[1]
        assert after[2] <= before[2] + 30 * MEGABYTE
        assert state.size(state.home()) < 50 * 2**20
    assert list((state.home() / "workspaces").iterdir()) == []
    assert state.size(state.home()) < 2**20


@pytest.mark.soak
@pytest.mark.parametrize("level", ["overlay", "copy"])
async def test_what_tools_keep_stays_within_its_cap_over_many_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    needs(level)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    each = 2 * caches.MOST_BYTES // SESSIONS
    if shutil.disk_usage(tmp_path).free < 2 * caches.MOST_BYTES:
        pytest.skip("there is no room for twice the cap of the caches")
    for number in range(SESSIONS):
        root = tmp_path / f"tree{number}"
        root.mkdir()
        (root / "m0.py").write_text("")
        async with await open_workspace(Snapshot(root), test_command=COMMAND, wish=Wish(level)) as workspace:
            assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
            cache = Cache.of(root)
            with (cache.files / "large").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, each)
            cache.release()
        assert state.size(state.home()) <= caches.MOST_BYTES
    assert state.size(state.home()) > caches.MOST_BYTES - 2 * each
