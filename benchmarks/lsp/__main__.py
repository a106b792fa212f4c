"""What the language server costs: `python -m benchmarks.lsp [--rounds N] [--write]`.

Four figures against their bounds, all from one run: the start beside a bare pygls server, the time from a command to
its first request, a tool turn beside the same turn without an editor, and how soon a code action is answered while a
turn runs. The model is a script behind the local server in this process. The first request has left when its first
bytes come in at the other end of its socket; when the model behind the server is asked is shown beside it. The journal
is written where that is measured, as it is unless somebody turns it off.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lsp.client import Client
from benchmarks.lsp.door import Door
from benchmarks.turns.__main__ import machine
from benchmarks.turns.page import put

from patchwire.loopback.play import call, say
from patchwire.loopback.server import Loopback

CALLS = 25
COMMANDS = 20
ACTIONS = 200
OURS = "patchwire.lsp"
TESTS = f"{sys.executable} -m pytest -q"
FILES = {"cart.py": "def total(prices):\n    return sum(prices)\n", "test_cart.py": "def test():\n    assert True\n"}


@dataclass
class Clocked:
    """A model that reads a file so many times and then stops; it notes when it was asked."""

    calls: int = 0
    at: list[float] = field(default_factory=list)
    _left: int = 0

    def respond(self, request: Any) -> Sequence[dict[str, Any]]:
        """The next output items."""
        self.at.append(time.perf_counter())
        if self._left:
            self._left -= 1
            return [call("read_file", path="cart.py", start_line=self._left % 2 + 1, end_line=None)]
        self._left = self.calls
        return [say("Done.")]

    def begin(self, calls: int) -> None:
        """What the next turn does."""
        self.calls = self._left = calls
        self.at.clear()


def plant(root: Path) -> Path:
    """A small repository."""
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


async def starts(root: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from the start of the process to the answer to `initialize`: bare and ours, taking turns."""
    bare, ours = [], []
    for number in range(rounds + 1):
        for module, found in (("benchmarks.lsp.bare", bare), (OURS, ours)):
            async with Client(module, root) as client:
                took = await client.initialize()
            if number:  # the first of each fills the caches
                found.append(took)
    return bare, ours


async def first_requests(root: Path, model: Clocked, service: Loopback) -> tuple[list[float], list[float], str]:
    """Milliseconds on a warm connection from a command to its first request at the door and at the model; isolation."""
    left, asked = [], []
    async with Door(service.port) as door:
        environment = {
            "OPENAI_BASE_URL": service.base_url.replace(str(service.port), str(door.port)),
            "OPENAI_API_KEY": service.token,
            "PATCHWIRE_TEST": TESTS,
            "XDG_STATE_HOME": str(root.parent / "state"),
        }
        async with Client(OURS, root, environment) as client:
            await client.initialize()
            for number in range(COMMANDS + 1):
                model.begin(0)
                door.came.clear()
                sent = time.perf_counter()
                await command(client, "fixTests", instruction="Say hello.")
                if number:  # the first makes the connection
                    left.append(1000 * (door.came[0] - sent))
                    asked.append(1000 * (model.at[0] - sent))
            isolation = (await command(client, "status"))["roots"][0]["isolation"].partition(" ")[0]
    return left, asked, isolation


async def steps(client: Client, model: Clocked) -> list[float]:
    """Milliseconds from one request to the next in a turn of tool calls."""
    model.begin(CALLS)
    await command(client, "fixTests", instruction="Look around.")
    return gaps(model)


def gaps(model: Clocked) -> list[float]:
    """Milliseconds between the requests."""
    return [1000 * (later - earlier) for earlier, later in itertools.pairwise(model.at)]


async def actions_meanwhile(client: Client, model: Clocked, root: Path) -> list[float]:
    """Milliseconds that a code action takes while a turn runs."""
    uri = (root / "cart.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": FILES["cart.py"]}
    client.notify("textDocument/didOpen", {"textDocument": document})
    model.begin(10 * CALLS)
    turn = asyncio.ensure_future(command(client, "fixTests", instruction="Look around."))
    spot = {"line": 0, "character": 0}
    params = {
        "textDocument": {"uri": uri},
        "range": {"start": spot, "end": spot},
        "context": {"diagnostics": []},
    }
    found: list[float] = []
    while len(found) < ACTIONS and not turn.done():
        began = time.perf_counter()
        await client.request("textDocument/codeAction", params)
        found.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(0.002)
    await command(client, "cancel")
    await turn
    return found


async def command(client: Client, name: str, **argument: Any) -> Any:
    """Do a command of ours."""
    return await client.request("workspace/executeCommand", {"command": f"patchwire.{name}", "arguments": [argument]})


async def headless(root: Path, model: Clocked, environment: dict[str, str]) -> list[float]:
    """The same turn of tool calls without an editor, in a process of its own."""
    model.begin(CALLS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.lsp.headless", str(root)), env=os.environ | environment
    )
    await process.wait()
    return gaps(model)


def p95(values: Sequence[float]) -> float:
    """What nineteen of twenty stay below."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


async def measure(root: Path, rounds: int) -> list[str]:
    """Everything; the table's rows."""
    bare, ours = await starts(root, rounds)
    model = Clocked()
    async with Loopback(model) as service:
        left, asked, isolation = await first_requests(root, model, service)
        environment = {
            "OPENAI_BASE_URL": service.base_url,
            "OPENAI_API_KEY": service.token,
            "PATCHWIRE_JOURNAL": "0",
            "PATCHWIRE_TEST": TESTS,
        }
        async with Client(OURS, root, environment) as client:
            await client.initialize()
            with_editor, without = [], []
            for _ in range(rounds):
                with_editor += await steps(client, model)
                without += await headless(root, model, environment)
            actions = await actions_meanwhile(client, model, root)
    start, floor = statistics.median(ours), statistics.median(bare)
    step, alone = statistics.median(with_editor), statistics.median(without)
    return [
        row("spawn → `initialize` answered", f"{1000 * start:.0f} ms", "≤ 1.15 × bare pygls", start / floor, 1.15,
            f"bare: {1000 * floor:.0f} ms, {start / floor:.2f} ×"),
        row("command → first request leaves, warm", f"{statistics.median(left):.1f} ms", "≤ 5 ms",
            statistics.median(left), 5, f"isolation {isolation}; p95 {p95(left):.1f} ms, best {min(left):.1f} ms; "
            f"at the model {statistics.median(asked):.1f} ms"),
        row("one step of a tool turn", f"{step:.2f} ms", "as headless (≤ 1.25 ×)", step / alone, 1.25,
            f"headless: {alone:.2f} ms, {step / alone:.2f} ×"),
        row("a code action while a turn runs, p95", f"{p95(actions):.1f} ms", "≤ 20 ms", p95(actions), 20,
            f"median {statistics.median(actions):.1f} ms"),
    ]  # fmt: skip


def row(what: str, shown: str, bound: str, value: float, most: float, beside: str) -> str:
    """One row, with its judgement."""
    return f"| {what} | {shown} | {bound}: {'met' if value <= most else 'missed'} | {beside} |"


def main() -> int:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lsp", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=7, help="how often each server starts (default 7; one more warms up)"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="patchwire-bench-") as directory:
        rows = asyncio.run(measure(plant(Path(directory) / "shop"), options.rounds))
    lines = [
        f"`python -m benchmarks.lsp --rounds {options.rounds}`, {machine()}; medians.",
        "",
        "| what | measured | bound | beside it |",
        "|---|---|---|---|",
        *rows,
    ]
    print("\n".join(lines))
    if options.write:
        put("lsp", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
