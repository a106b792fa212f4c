"""Starts a server and a client beside it, lets them play, and reads what both have seen."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from benchmarks.turns.play import CALLS, Spec, plant

ROOT = Path(__file__).resolve().parents[2]
MODEL = "gpt-6-sol"
AGENTS = "openai-agents>=0.24"
_AGENTS_AT = ROOT / "build" / "benchmarks" / "openai-agents"
_AUTHOR = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org")
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Client:
    """A module of `benchmarks.turns.clients`. Those that cannot share our environment live `apart`."""

    name: str
    title: str
    apart: bool = False


CLIENTS = (
    Client("floor", "bare `websockets` loop (the floor)"),
    Client("session", "**patchwire**, `Session`"),
    Client("command", "**patchwire**, `patchwire run`"),
    Client("sdk_socket", "`openai` SDK, WebSocket"),
    Client("sdk_http", "`openai` SDK, HTTP streaming"),
    Client("agents_socket", "`openai-agents`, WebSocket", apart=True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One client's play. Overhead in milliseconds, the rest in seconds, bytes, megabytes (MiB) and shares of 1."""

    median: float
    p95: float
    bytes_up: float
    wire_bytes_up: float
    launch: float
    cpu: float
    cpu_children: float
    peak_mb: float
    repeated: float

    @property
    def figures(self) -> tuple[float, ...]:
        """In the order of the fields."""
        return astuple(self)


def specification(directory: Path) -> Callable[[str, str], Path]:
    """Plant the tree, a git repository; what is returned writes the file that tells a client where its server is."""
    from patchwire.agent import prompt, tools

    plant(directory / "tree")
    for words in (("init", "-q"), ("add", "."), (*_AUTHOR, "commit", "-qm", "All of it")):
        subprocess.run(["git", *words], cwd=directory / "tree", check=True)
    definitions = [tool.definition() for tool in tools.TOOLS]

    def write(base_url: str, key: str) -> Path:
        at = directory / "spec.json"
        Spec(base_url, key, MODEL, prompt.INSTRUCTIONS, definitions, str(directory / "tree")).save(at)
        return at

    return write


@contextmanager
def server() -> Iterator[tuple[dict[str, str], Callable[[], dict[str, Any]]]]:
    """A server in a process of its own: where it is, and what to call for what it has seen (that ends it)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.turns.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        where = json.loads(process.stdout.readline())

        def seen() -> dict[str, Any]:
            rest, _ = process.communicate(timeout=_SECONDS)
            told: dict[str, Any] = json.loads(rest)
            return told

        yield where, seen
    finally:
        process.kill()
        process.communicate()


def environment(directory: Path) -> dict[str, str]:
    """What a client's process gets: nothing of the user's keys, settings and proxies; a state directory for once."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(directory), "XDG_STATE_HOME": str(directory / "state")}


def play(client: Client, write: Callable[[str, str], Path], directory: Path, python: str) -> Run:
    """One play of one client. Raises RuntimeError for a client that did not do the whole of it."""
    with server() as (where, seen):
        spec = write(where["base_url"], where["key"])
        launched = time.monotonic()
        done = subprocess.run(
            [python, "-m", f"benchmarks.turns.clients.{client.name}", str(spec)],
            cwd=ROOT,
            env=environment(directory),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{client.name} failed: {done.stderr[-2000:]}")
        told = seen()
    if told["acts_left"] or told["refused"] or len(told["gaps"]) != CALLS:
        raise RuntimeError(f"{client.name} did not play to the end: {told['refused']} {done.stderr[-2000:]}")
    check_same_outputs(told["outputs"], client.name)
    used = json.loads(done.stdout.splitlines()[-1])
    gaps = sorted(1000 * gap for gap in told["gaps"])
    return Run(
        median=statistics.median(gaps),
        p95=statistics.quantiles(gaps, n=20, method="inclusive")[-1],
        bytes_up=told["bytes_up"],
        wire_bytes_up=told["wire_bytes_up"],
        launch=told["first_create"] - launched,
        cpu=used["cpu"],
        cpu_children=used["cpu_children"],
        peak_mb=used["peak_mb"],
        repeated=min(told["repeated"]),
    )


_OUTPUTS: set[str] = set()


def check_same_outputs(digest: str, name: str) -> None:
    """Whoever answers with other texts does other work. Raises RuntimeError."""
    _OUTPUTS.add(digest)
    if len(_OUTPUTS) > 1:
        raise RuntimeError(f"{name} did not send the same outputs as the others")


def environment_of_agents() -> str:
    """The Python of an environment with openai-agents, which wants an older websockets; "" if it cannot be made."""
    python = _AGENTS_AT / "bin" / "python"
    done = _AGENTS_AT / ".done"
    if done.exists() and done.read_text() == AGENTS:
        return str(python)
    print(f"Installing {AGENTS} into {_AGENTS_AT.relative_to(ROOT)} (once)", file=sys.stderr, flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_AGENTS_AT)], check=True, timeout=300)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install", AGENTS]
        subprocess.run(pip, check=True, timeout=600)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"openai-agents is left out: {error}", file=sys.stderr, flush=True)
        return ""
    done.write_text(AGENTS)
    return str(python)
