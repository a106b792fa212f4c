"""The patch benchmark: `python -m benchmarks.patch.run [--corpus FILE…] [--limit N] [--only NAME] [--write]`.

Every perturbation of every commit that the engine was not tuned on, given to this engine and its peers in one run.
Prints the tables; with `--write` puts them into `docs/patching.md`.
"""

import argparse
import os
import platform
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from itertools import groupby
from pathlib import Path

from benchmarks.patch import speed
from benchmarks.patch.corpus import commits, corpus_path
from benchmarks.patch.peers import TOOLS, Result, Tool
from benchmarks.patch.perturb import EVERY, Case, cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "patching.md"
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


@dataclass(slots=True)
class Tally:
    """How often a tool was right and wrong."""

    count: int = 0
    right: int = 0
    wrong: int = 0
    partial: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, case: Case, result: Result) -> None:
        """Judge one result: every byte of every file has to be right."""
        self.count += 1
        self.seconds.append(result.seconds)
        if result.files is None:
            self.partial += result.partial
        elif case.already:
            self.right += result.said_already
            self.wrong += dict(result.files) != case.after
        else:
            self.right += dict(result.files) == case.after
            self.wrong += dict(result.files) != case.after

    def percent(self, count: int) -> float:
        """A count as a share of all."""
        return 100 * count / self.count if self.count else 0.0


def measure(chosen: Sequence[Case], tools: dict[str, Tool]) -> dict[str, dict[str, Tally]]:
    """Tool → perturbation → tally. Insertions with neither context nor number are left out: refusing them is right.

    A tool gets all patches of a commit before the next one gets them: the processes that some of them start would have
    the others find their caches cold before every patch.
    """
    tallies: dict[str, dict[str, Tally]] = {name: defaultdict(Tally) for name in tools}
    for _, group in groupby(chosen, key=lambda case: case.commit):
        batch = [case for case in group if not case.free]
        for name, tool in tools.items():
            for case in batch:
                tallies[name][case.name].add(case, tool(case))
    return tallies


def table(tallies: dict[str, dict[str, Tally]]) -> list[str]:
    """The results as a Markdown table."""
    names = [make.__name__ for make in EVERY if make.__name__ in next(iter(tallies.values()))]
    out = ["| perturbation | n | " + " | ".join(tallies) + " |", "|---|---" + "|---" * len(tallies) + "|"]
    for name in names:
        cells = [tally[name] for tally in tallies.values()]
        shares = [f"{cell.percent(cell.right):.1f}/{cell.percent(cell.wrong):.1f}" for cell in cells]
        out.append(f"| {name} | {cells[0].count} | " + " | ".join(shares) + " |")
    means, medians, tails, partial = [], [], [], []
    for tally in tallies.values():
        cells = [tally[name] for name in names]
        right = statistics.fmean(cell.percent(cell.right) for cell in cells)
        wrong = statistics.fmean(cell.percent(cell.wrong) for cell in cells)
        seconds = sorted(second for cell in cells for second in cell.seconds)
        means.append(f"**{right:.1f}/{wrong:.2f}**")
        medians.append(f"{1e6 * seconds[len(seconds) // 2]:,.0f}")
        tails.append(f"{1e6 * seconds[int(len(seconds) * 0.99)]:,.0f}")
        partial.append(str(sum(cell.partial for cell in cells)))
    for title, values in (
        ("**macro mean**", means), ("median, µs", medians), ("p99, µs", tails),
        ("refused but left files changed", partial),
    ):  # fmt: skip
        out.append(f"| {title} | | " + " | ".join(values) + " |")
    return out


def version(*words: str) -> str:
    """The first line that a program says of its version."""
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout.split("\n")[0]


def where() -> str:
    """What the tables were measured with."""
    programs = f"{version('git', '--version')}, {version('patch', '--version')}"
    agents = f"openai-agents {metadata.version('openai-agents')}"
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    return f"Python {platform.python_version()}, {programs}, {agents}, {load}."


def main() -> None:
    """Run, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, nargs="+", default=[corpus_path()], metavar="FILE")
    parser.add_argument("--limit", type=int, default=10_000, help="at most so many commits")
    parser.add_argument("--only", action="append", help="only this perturbation")
    parser.add_argument("--tool", action="append", choices=[*TOOLS], help="only this tool")
    parser.add_argument("--all", action="store_true", help="the commits that the engine was tuned on too")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}")
    options = parser.parse_args()
    every = (commit for corpus in options.corpus for commit in commits(corpus))
    kept = [commit for commit in every if options.all or not commit.tuning][: options.limit]
    chosen = [case for commit in kept for case in cases(commit) if not options.only or case.name in options.only]
    tools = {name: tool for name, tool in TOOLS.items() if not options.tool or name in options.tool}
    projects = len({commit.repo for commit in kept})
    names = ", ".join(corpus.name.partition(".")[0] for corpus in options.corpus)
    draw = f"{names}, run on {datetime.now(UTC).date()}"
    what = f"{len(kept)} commits of {projects} projects, {len(chosen)} patches"
    lines = [
        f"{draw}: {what}; % correct / % wrong, the rest refused.",
        where(),
        "",
        *table(measure(chosen, tools)),
        "",
        "| large files | ms |",
        "|---|---|",
        *(f"| {name} | {milliseconds:.1f} |" for name, milliseconds in speed.rows()),
    ]
    print("\n".join(lines))
    if options.write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text("\n".join([before + BEGIN, *lines, END + rest.partition(END)[2]]), "utf-8")


if __name__ == "__main__":
    main()
