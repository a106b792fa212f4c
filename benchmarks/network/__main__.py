"""What a WebSocket saves, end to end: `python -m benchmarks.network [--quick] [--write]`. A simulation; three minutes.

The same job over the same simulated line in three ways of talking, for slow and fast models. Nothing is extrapolated:
every row was run, call by call, in real time. Prints the tables; with `--write` puts them, and the plot, into `docs/`.
"""

import argparse
import asyncio
import os
import platform
import ssl
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.network.authority import contexts
from benchmarks.network.job import MODES, Job, Setting, perform
from benchmarks.network.plot import plot
from benchmarks.turns.page import PAGE, put
from benchmarks.turns.play import Spec, plant
from benchmarks.turns.stage import MODEL

ROUND_TRIPS = (0.02, 0.08)
QUICK_MODELS = (0.05, 0.2)
SLOW_MODELS = (1.0, 3.0)
COSTS = (0.0, 1e-6, 5e-6, 20e-6)
COSTED = Setting("", 0.08, 0.2)
CLAIM = 0.40
OTHERS = ("stored", "stateless")
PLOT = PAGE.with_name("performance-network.svg")
TITLES = {"websocket": "WebSocket", "stored": "HTTP, stored ids", "stateless": "HTTP, stateless"}

Results = dict[Setting, Job]


class Stage:
    """The files, the certificates, and what was measured so far."""

    def __init__(self, directory: Path) -> None:
        from patchwire.agent import prompt, tools

        plant(directory / "tree")
        definitions = [tool.definition() for tool in tools.TOOLS]
        self._spec = Spec("", "sk-benchmark", MODEL, prompt.INSTRUCTIONS, definitions, str(directory / "tree"))
        self._tls: tuple[ssl.SSLContext, ssl.SSLContext] = contexts(directory)
        self.results: Results = {}

    async def run(self, setting: Setting) -> None:
        """Do one job and say so."""
        self.results[setting] = job = await perform(setting, self._spec, *self._tls)
        print(f"{_conditions(setting)}, {TITLES[setting.mode]}: {job.total:.2f} s", file=sys.stderr, flush=True)

    async def run_all(self, settings: Iterable[Setting]) -> None:
        """Do several side by side: those in which nearly all time is waiting do not disturb each other."""
        async with asyncio.TaskGroup() as group:
            for setting in settings:
                group.create_task(self.run(setting))


def _conditions(setting: Setting) -> str:
    return f"{1000 * setting.round_trip:.0f} ms, model {setting.model:g} s, {1e6 * setting.per_token:g} µs a token"


def _percent(share: float) -> str:
    return f"**{100 * share:.0f} %**" if share >= CLAIM else f"{100 * share:.0f} %"


def modes(setting: Setting) -> tuple[Setting, ...]:
    """The same conditions for every way of talking."""
    return tuple(replace(setting, mode=mode) for mode in MODES)


def saved(results: Results, setting: Setting, mode: str) -> float:
    """How much less time WebSocket takes under these conditions, as a share of 1 of that of `mode`."""
    return 1 - results[replace(setting, mode="websocket")].total / results[replace(setting, mode=mode)].total


async def measure(stage: Stage, *, quick: bool) -> None:
    """All rows; the quick ones one after another, the others beside each other."""
    await stage.run(replace(modes(COSTED)[0], calls=2))  # imports and first pages
    stage.results.clear()
    for model in QUICK_MODELS:
        for round_trip in ROUND_TRIPS:
            for setting in modes(Setting("", round_trip, model)):
                await stage.run(setting)
    for cost in COSTS:
        await stage.run_all(s for s in modes(replace(COSTED, per_token=cost)) if s not in stage.results)
    if not quick:
        await stage.run_all(s for m in SLOW_MODELS for rt in ROUND_TRIPS for s in modes(Setting("", rt, m)))


def whole_table(results: Results, rows: Sequence[Setting]) -> list[str]:
    """How long each way took, and what WebSocket saves."""
    heads = ("round trip", "model a turn", *TITLES.values(), "saved to stored", "to stateless")
    out = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in rows:
        times = [f"{results[setting].total:.2f} s" for setting in modes(row)]
        shares = [_percent(saved(results, row, mode)) for mode in OTHERS]
        out.append(f"| {1000 * row.round_trip:.0f} ms | {row.model:g} s | " + " | ".join([*times, *shares]) + " |")
    return out


def parts_table(results: Results, rows: Sequence[Setting]) -> list[str]:
    """What each part of the time came to."""
    heads = ("connection", "upload", "server's work", "round trips", "model", "computing", "sent")
    out = ["| round trip | model a turn | | " + " | ".join(heads) + " |", "|---" * (len(heads) + 3) + "|"]
    for row in rows:
        for setting in modes(row):
            job = results[setting]
            parts = (job.connection, job.upload, job.server, job.round_trips, job.model, job.rest)
            out.append(
                f"| {1000 * row.round_trip:.0f} ms | {row.model:g} s | {TITLES[setting.mode]} | "
                + " | ".join(f"{part:.2f} s" for part in parts)
                + f" | {job.bytes_up / 1000:,.0f} kB |"
            )
    return out


def costs_table(results: Results) -> list[str]:
    """What the assumption about the server's work is worth."""
    out = ["| server's work a token | saved to stored | to stateless |", "|---|---|---|"]
    for cost in COSTS:
        setting = replace(COSTED, per_token=cost)
        shares = " | ".join(_percent(saved(results, setting, mode)) for mode in OTHERS)
        out.append(f"| {1e6 * cost:g} µs | {shares} |")
    return out


def verdict(results: Results, rows: Sequence[Setting]) -> str:
    """Where the claim holds, and what the difference is made of, in words with this run's numbers."""
    best = {row: max(saved(results, row, mode) for mode in OTHERS) for row in rows}
    holds = sorted({row.model for row in rows if best[row] >= CLAIM})
    fails = {row.model: max(best[each] for each in rows if each.model == row.model) for row in rows}
    reached = f"with a model of {', '.join(f'{model:g} s' for model in holds)}" if holds else "nowhere"
    others = ", ".join(f"{_percent(most)} with {model:g} s" for model, most in fails.items() if model not in holds)
    socket, stored, stateless = (results[setting] for setting in modes(COSTED))
    gain = stateless.total - socket.total
    return (
        f"The vendor's “up to 40 %” is reached (bold) {reached}; at most {others} are saved. Of the {gain:.2f} s saved "
        f"to stateless HTTP with a model of {COSTED.model:g} s and {1000 * COSTED.round_trip:.0f} ms, "
        f"{stateless.upload - socket.upload:.2f} s are upload and {stateless.server - socket.server:.2f} s the "
        f"server's work; the connection costs a WebSocket {socket.connection - stateless.connection:.2f} s more (the "
        f"upgrade is one round trip). Stored ids save the upload, too ({stored.upload:.2f} s against "
        f"{stateless.upload:.2f} s), but by assumption not the server's work."
    )


def main() -> int:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave the slow models out")
    parser.add_argument("--write", action="store_true", help="put tables and plot into docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="patchwire-bench-") as directory:
        stage = Stage(Path(directory))
        asyncio.run(measure(stage, quick=options.quick))
    results = stage.results
    models = QUICK_MODELS if options.quick else (*QUICK_MODELS, *SLOW_MODELS)
    rows = [Setting("", round_trip, model) for round_trip in ROUND_TRIPS for model in models]
    ran = (
        f"`python -m benchmarks.network`, {datetime.now(UTC).date().isoformat()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; every row run once, all "
        f"{rows[0].calls} calls of it, in real time. Upload {rows[0].upload / 1e6:g} Mbit/s, server's work "
        f"{1e6 * rows[0].per_token:g} µs for every input token that it does not remember."
    )
    costed = f"With a model of {COSTED.model:g} s and {1000 * COSTED.round_trip:.0f} ms, another price of that work:"
    parts = [row for row in rows if row.model in (QUICK_MODELS[0], models[-1])]
    lines = [ran, "", *whole_table(results, rows), "", verdict(results, rows), "", costed, "", *costs_table(results)]
    lines += ["", "Where the time went:", "", *parts_table(results, parts)]
    print("\n".join(lines))
    if options.write:
        bars = {
            round_trip: [
                (f"{row.model:g} s", saved(results, row, "stateless"), saved(results, row, "stored"))
                for row in rows
                if row.round_trip == round_trip
            ]
            for round_trip in ROUND_TRIPS
        }
        PLOT.write_text(plot(bars))
        put("network", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
