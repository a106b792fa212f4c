"""Where the time between launch and first request goes, as far as it is importing: `-X importtime`, by package."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.turns.stage import ROOT, environment, server

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")
_ROWS = 12


def imports(write: Callable[[str, str], Path], directory: Path) -> list[str]:
    """A Markdown table: the packages whose own modules took longest to import in one `patchwire run`."""
    with server() as (where, _):
        spec = write(where["base_url"], where["key"])
        command = [sys.executable, "-X", "importtime", "-m", "benchmarks.turns.clients.command", str(spec)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(directory), capture_output=True, text=True, timeout=120, check=True
        )
    times: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in _LINE.finditer(done.stderr):
        package = line[4].partition(".")[0]
        times[package] += int(line[1])
        modules[package] += 1
    total = sum(times.values())
    shown = times.most_common(_ROWS)
    sentence = (
        f"Imports of one `patchwire run`, from its start to its end: {sum(modules.values())} modules, "
        f"{total / 1000:.0f} ms (slower than in earnest: the stopwatch costs time, too)."
    )
    rows = [(name, modules[name], micros) for name, micros in shown]
    others = sum(modules.values()) - sum(count for _, count, _ in rows)
    rows.append(("all others", others, total - sum(micros for _, _, micros in rows)))
    table = [f"| {name} | {count} | {micros / 1000:.1f} |" for name, count, micros in rows]
    return [sentence, "", "| package | modules | ms |", "|---|---|---|", *table]
