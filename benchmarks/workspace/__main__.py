"""What isolation costs: `python -m benchmarks.workspace [--sizes …] [--rounds N] [--levels …] [--write]`.

For trees of several sizes, from the ask to the first output of a process that runs in the isolated tree with an unsaved
buffer and one file of the agent's in place; beside it, in the same run and on the same tree, `git worktree add`. The
machine's abilities are found out before (a session does that once). With `--write` the table goes into
docs/isolation.md. A quarter of an hour with 100,000 files, most of it to make and to copy them.
"""

import argparse
import asyncio
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.turns.page import put

from patchwire.adapters import sandbox_probe, state
from patchwire.adapters.isolation import Wish
from patchwire.adapters.process import run
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun, Workspace
from patchwire.task import Buffer, Snapshot

PAGE = Path(__file__).resolve().parents[2] / "docs" / "isolation.md"
LEVELS = ("overlay", "bind", "copy")
BUFFER = "pkg0/m0.py"
CHECK = "sh check.sh"
FILE_BYTES = 4_000


@dataclass(frozen=True)
class Row:
    """One way, on one tree: medians in seconds, and bytes on disk."""

    way: str
    files: int
    start: float
    again: float | None
    disk: int


def plant(root: Path, files: int) -> None:
    """A committed tree of so many files, a hundred in a directory."""
    text = "".join(f"def f{n}(x):\n    return x + {n}\n\n\n" for n in range(FILE_BYTES // 32))
    for number in range(files):
        if number % 100 == 0:
            (root / f"pkg{number // 100}").mkdir(parents=True)
        (root / f"pkg{number // 100}" / f"m{number}.py").write_text(f"# {number}\n{text}")
    (root / "check.sh").write_text(f"grep -q TYPED {BUFFER} && date +%s.%N > /tmp/now && cat /tmp/now\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words], cwd=root, check=True)


async def at_level(level: str, root: Path, rounds: int) -> Row:
    """The first run of a session's turn, and another run in the same workspace."""
    starts, agains, disk = [], [], 0
    for _ in range(rounds):
        snapshot = Snapshot(root, (Buffer(BUFFER, "# TYPED\n", 1),))
        asked = time.time()
        workspace = await open_workspace(snapshot, test_command=CHECK, wish=Wish(level))
        try:
            starts.append(await _began(workspace) - asked)
            await workspace.write([("new.py", "X = 1\n")])
            disk = state.size(workspace.private)
            asked = time.time()
            agains.append(await _began(workspace) - asked)
        finally:
            await workspace.aclose()
    return Row(level, 0, statistics.median(starts), statistics.median(agains), disk)


async def _began(workspace: Workspace) -> float:
    report = await workspace.run_tests(TestRun())
    if report.exit_code:
        raise SystemExit(f"the process in the isolated tree failed: {report.output} {report.note}")
    return float(report.output)


def worktree(root: Path, rounds: int) -> Row:
    """What git has for it: without unsaved buffers, untracked files and the environment."""
    times, disk = [], 0
    for number in range(rounds):
        target = root.parent / f"worktree-{number}"
        asked = time.time()
        subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", "worktree", "add", "-q", "--detach", str(target)],
            cwd=root, check=True,
        )  # fmt: skip
        times.append(time.time() - asked)
        disk = state.size(target)
        subprocess.run(["git", "worktree", "remove", "--force", str(target)], cwd=root, check=True)
    return Row("`git worktree add`", 0, statistics.median(times), None, disk)


async def overhead(root: Path, rounds: int) -> tuple[float, float]:
    """A run of `true`, plain and in the sandbox, in milliseconds: both under our supervisor."""
    environment = {"PATH": os.defpath}

    async def timed(start: Callable[[], Awaitable[object]]) -> float:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            await start()
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1000

    plain = await timed(lambda: run(["/bin/true"], cwd=root, environment=environment, seconds=10))
    workspace = await open_workspace(Snapshot(root), test_command="true", wish=Wish("overlay"))
    level = workspace._level  # noqa: SLF001 - it is the part that is measured

    async def confined() -> None:
        with level.run(()) as it:
            await run(["/bin/true"], cwd=root, environment=environment, seconds=10, confinement=it.place.confinement)

    try:
        return plain, await timed(confined)
    finally:
        await workspace.aclose()


async def measure(
    sizes: Sequence[int], levels: Sequence[str], rounds: int, directory: Path
) -> tuple[list[Row], tuple[float, float]]:
    """All rows, and the overhead of a run on the smallest tree."""
    refused = dict(sandbox_probe.probe().reasons)
    rows: list[Row] = []
    cost = (0.0, 0.0)
    for size in sizes:
        root = directory / f"tree-{size}"
        plant(root, size)
        # The large copies take minutes each: one round of them tells enough.
        few = rounds if size < 50_000 else 1
        ways = [
            await at_level(level, root, rounds if level == "overlay" else few)
            for level in levels
            if level not in refused
        ]
        for row in [*ways, worktree(root, few)]:
            rows.append(Row(row.way, size, row.start, row.again, row.disk))
            print(rows[-1], file=sys.stderr, flush=True)
        if size == min(sizes) and "overlay" not in refused:
            cost = await overhead(root, 4 * rounds)
        shutil.rmtree(root)
    return rows, cost


def table(rows: Sequence[Row], cost: tuple[float, float], command: str) -> list[str]:
    """The page's lines."""
    load = os.getloadavg()[0]
    lines = [
        (
            f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, Linux {platform.machine()}, {os.cpu_count()} cores, Python "
            f"{platform.python_version()}, load average {load:.1f} (a shared machine: trust the ratios); medians."
        ),
        "",
        "| files | way | ask → process runs in it | × faster than `git worktree add` | once more | on disk |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        git = next(each for each in rows if each.files == row.files and each.way.startswith("`git"))
        again = "" if row.again is None else f"{row.again:.3f} s"
        faster = "" if row is git else f"{git.start / row.start:.1f}"
        disk = f"{row.disk / 1000:,.0f} kB"
        lines.append(f"| {row.files:,} | {row.way} | {row.start:.3f} s | {faster} | {again} | {disk} |")
    lines += [
        "",
        (
            f"A run of `true`: {cost[0]:.0f} ms plain, {cost[1]:.0f} ms in the sandbox over the tree: "
            f"{cost[1] - cost[0]:.0f} ms more."
        ),
    ]
    return lines


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workspace", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="how many files the trees have")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--levels", default=",".join(LEVELS), help="which levels are measured")
    parser.add_argument("--write", action="store_true", help="put the table into docs/isolation.md")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="patchwire-bench-") as directory:
        rows, cost = asyncio.run(measure(sizes, options.levels.split(","), options.rounds, Path(directory).resolve()))
    command = (
        f"python -m benchmarks.workspace --sizes {options.sizes} --rounds {options.rounds} --levels {options.levels}"
    )
    lines = table(rows, cost, command)
    print("\n".join(lines))
    if options.write:
        put("workspace", lines, PAGE)


if __name__ == "__main__":
    main()
