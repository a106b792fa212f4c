"""What a turn costs beside the model: `python -m benchmarks.turns [--rounds N] [--only NAME …] [--write]`.

Every client plays the same play against a local server in another process, one after another and again, so that what
else the machine does hits all alike. Prints the tables; with `--write` puts them into `docs/performance.md`.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.turns.imports import imports
from benchmarks.turns.page import put
from benchmarks.turns.stage import CLIENTS, Client, Run, environment_of_agents, play, specification

TARGETS: tuple[tuple[str, str, Callable[[Run, Run], bool]], ...] = (
    ("overhead, median", "≤ 1.0 ms", lambda ours, _: ours.median <= 1.0),
    ("overhead, median", "≤ 3 × the floor", lambda ours, floor: ours.median <= 3 * floor.median),
    ("overhead, p95", "≤ 3 ms", lambda ours, _: ours.p95 <= 3.0),
    ("bytes up", "≤ 1.25 × the floor", lambda ours, floor: ours.bytes_up <= 1.25 * floor.bytes_up),
    ("peak memory", "≤ 50 MB", lambda ours, _: ours.peak_mb <= 50),
    ("CPU", "≤ 0.5 s", lambda ours, _: ours.cpu <= 0.5),
    ("context repeated", "≥ 95 %", lambda ours, _: ours.repeated >= 0.95),
)


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(*(statistics.median(figures) for figures in zip(*(run.figures for run in runs), strict=True)))


def against(runs: Sequence[Run], floor: Sequence[Run]) -> float:
    """The median, over the rounds, of how many times the floor's overhead of the same round it is."""
    return statistics.median(run.median / other.median for run, other in zip(runs, floor, strict=True))


def table(runs: dict[Client, list[Run]]) -> list[str]:
    """The results as a Markdown table, one row a client."""
    floor = runs[CLIENTS[0]]
    heads = (
        *("client", "overhead, median", "× floor", "p95", "bytes up", "× floor", "on the wire"),
        *("launch → first request", "CPU", "its children", "peak memory"),
    )
    out = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for client, each in runs.items():
        run = middle(each)
        out.append(
            f"| {client.title} | {run.median:.2f} ms | {against(each, floor):.1f} | {run.p95:.2f} ms "
            f"| {run.bytes_up / 1000:,.0f} kB | {run.bytes_up / middle(floor).bytes_up:.2f} "
            f"| {run.wire_bytes_up / 1000:,.0f} kB | {run.launch:.2f} s | {run.cpu:.2f} s | {run.cpu_children:.2f} s "
            f"| {run.peak_mb:.0f} MB |"
        )
    return out


def judged(runs: dict[Client, list[Run]]) -> list[str]:
    """Our targets, and whether they were met in this run."""
    by_name = {client.name: middle(each) for client, each in runs.items()}
    floor = by_name["floor"]
    out = ["| target | | `Session` | `patchwire run` |", "|---|---|---|---|"]
    ours = [by_name[name] for name in ("session", "command") if name in by_name]
    for what, bound, holds in TARGETS:
        out.append(
            f"| {what} | {bound} | " + " | ".join("met" if holds(run, floor) else "missed" for run in ours) + " |"
        )
    if "command" in by_name:
        met = "met" if by_name["command"].launch <= 0.20 else "missed"
        out.append(f"| launch → first request | ≤ 0.20 s | | {met} |")
    shares = ", ".join(f"{100 * run.repeated:.1f} %" for run in ours)
    cached = ", ".join(f"{100 * run.cached:.0f} %" for run in ours)
    prefix = (
        f"Of each full context, the next one begins with {shares} byte for byte (least of all, both of ours); of all "
        f"input tokens of the run the server counted {cached} as cached."
    )
    return [*out, "", prefix]


def machine() -> str:
    """Where and when, in a sentence."""
    day = datetime.now(UTC).date().isoformat()
    return (
        f"{day}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load average {os.getloadavg()[0]:.1f} (a shared machine: trust the ratios)"
    )


def main() -> int:
    """Measure, print, and write if asked to. The exit code is 0 however fast it was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=7, help="how often each client plays (default 7; one more warms up)"
    )
    parser.add_argument("--only", nargs="*", metavar="NAME", help="the floor and these clients")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    chosen = [client for client in CLIENTS if not options.only or client.name in ("floor", *options.only)]
    apart = environment_of_agents() if any(client.apart for client in chosen) else ""
    if not apart:
        chosen = [client for client in chosen if not client.apart]
    runs: dict[Client, list[Run]] = {client: [] for client in chosen}
    with tempfile.TemporaryDirectory(prefix="patchwire-bench-") as directory:
        write_specification = specification(Path(directory))
        for number in range(options.rounds + 1):
            turned = number % len(chosen)
            for client in (*chosen[turned:], *chosen[:turned]):
                run = play(client, write_specification, Path(directory), apart if client.apart else sys.executable)
                if number:
                    runs[client].append(run)
                print(f"{number}/{options.rounds} {client.name:14} {run.median:.2f} ms", file=sys.stderr, flush=True)
        when = machine()
        command = f"`python -m benchmarks.turns --rounds {options.rounds}`, {when}; medians of {options.rounds} rounds."
        lines = [command, "", *table(runs), "", *judged(runs)]
        if "command" in {client.name for client in chosen}:
            lines += ["", *imports(write_specification, Path(directory))]
    print("\n".join(lines))
    if options.write:
        put("turns", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
