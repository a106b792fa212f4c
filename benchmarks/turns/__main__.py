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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.turns.imports import imports
from benchmarks.turns.page import put
from benchmarks.turns.stage import CLIENTS, Client, Run, environment_of_agents, play, specification


@dataclass(frozen=True, slots=True)
class Target:
    """What we promise: a figure of ours, in the unit of `shown`, against a bound that may come from the floor."""

    what: str
    bound: str
    figure: Callable[[Run], float]
    most: Callable[[Run], float]
    shown: str
    clients: tuple[str, ...] = ("session", "command")


TARGETS = (
    Target("overhead, median", "≤ 1.0 ms", lambda run: run.median, lambda _: 1.0, "{:.2f} ms"),
    Target("overhead, median", "≤ 3 × the floor", lambda run: run.median, lambda floor: 3 * floor.median, "{:.2f} ms"),
    Target("overhead, p95", "≤ 3 ms", lambda run: run.p95, lambda _: 3.0, "{:.2f} ms"),
    Target("bytes up", "≤ 1.25 × the floor", lambda run: run.bytes_up, lambda floor: 1.25 * floor.bytes_up, "{:,.0f}"),
    Target("launch → first request", "≤ 0.20 s", lambda run: run.launch, lambda _: 0.2, "{:.2f} s", ("command",)),
    Target("peak memory", "≤ 50 MB", lambda run: run.peak_mb, lambda _: 50, "{:.0f} MB"),
    Target("CPU", "≤ 0.5 s", lambda run: run.cpu, lambda _: 0.5, "{:.2f} s"),
    Target("context that changed", "≤ 5 %", lambda run: 100 * (1 - run.repeated), lambda _: 5, "{:.1f} %"),
)


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(*(statistics.median(figures) for figures in zip(*(run.figures for run in runs), strict=True)))


def best(runs: Sequence[Run]) -> Run:
    """The least of each figure: what it takes when the machine has nothing else to do, as far as it ever had."""
    return Run(*(min(figures) for figures in zip(*(run.figures for run in runs), strict=True)))


def table(runs: dict[Client, list[Run]]) -> list[str]:
    """The results as a Markdown table, one row a client."""
    heads = (
        *("client", "overhead, median", "× floor", "p95", "bytes up", "× floor", "on the wire"),
        *("launch → first request", "CPU", "its children", "peak memory"),
    )
    out = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    floor, least_floor = (pick(runs[CLIENTS[0]]) for pick in (middle, best))
    for client, each in runs.items():
        run, least = middle(each), best(each)
        out.append(
            f"| {client.title} | {run.median:.2f} ({least.median:.2f}) ms "
            f"| {run.median / floor.median:.1f} ({least.median / least_floor.median:.1f}) "
            f"| {run.p95:.1f} ({least.p95:.1f}) ms "
            f"| {run.bytes_up / 1000:,.0f} kB | {run.bytes_up / floor.bytes_up:.2f} "
            f"| {run.wire_bytes_up / 1000:,.0f} kB | {run.launch:.2f} ({least.launch:.2f}) s "
            f"| {run.cpu:.2f} ({least.cpu:.2f}) s | {run.cpu_children:.2f} s | {run.peak_mb:.0f} MB |"
        )
    return out


def judged(runs: dict[Client, list[Run]]) -> list[str]:
    """Our targets, and whether they were met in this run."""
    ours = {client.name: each for client, each in runs.items() if client.name in ("session", "command")}
    titles = {client.name: client.title.rpartition(", ")[2] for client in runs}
    out = ["| target | bound | " + " | ".join(titles[name] for name in ours) + " |", "|---" * (len(ours) + 2) + "|"]
    for target in TARGETS:
        cells = [
            judgement(target, runs[CLIENTS[0]], each) if name in target.clients else "" for name, each in ours.items()
        ]
        out.append(f"| {target.what} | {target.bound} | " + " | ".join(cells) + " |")
    return out


def judgement(target: Target, floor: Sequence[Run], ours: Sequence[Run]) -> str:
    """The median and whether it meets the target; if it does not, the best round, too."""

    def told(pick: Callable[[Sequence[Run]], Run]) -> tuple[str, bool]:
        value = target.figure(pick(ours))
        met = value <= target.most(pick(floor))
        return f"{target.shown.format(value)}: {'met' if met else 'missed'}", met

    usual, met = told(middle)
    return usual if met else f"{usual} (best round {told(best)[0]})"


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
        command = (
            f"`python -m benchmarks.turns --rounds {options.rounds}`, {when}; medians, and in brackets the best round."
        )
        lines = [command, "", *table(runs), "", *judged(runs)]
        if "command" in {client.name for client in chosen}:
            lines += ["", *imports(write_specification, Path(directory))]
    print("\n".join(lines))
    if options.write:
        put("turns", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
