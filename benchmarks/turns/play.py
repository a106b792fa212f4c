"""The play that every client plays: 25 files of 4 kB, read one after another. Standard library only.

Every client runs this module, also the one that lives in an environment without Patchwire.
"""

import json
import os
import random
import resource
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CALLS = 25
FILE_BYTES = 4096
PROMPT = "Read every module and say when you have."

_WORDS = (
    *("account", "balance", "column", "cursor", "delta", "entry", "filter", "invoice", "ledger", "matrix", "parser"),
    *("queue", "record", "region", "route", "schema", "session", "signal", "ticket", "token", "vector", "window"),
)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a client is told: where the server is, what to send with every request, and where the files are."""

    base_url: str
    key: str
    model: str
    instructions: str
    tools: list[dict[str, Any]]
    root: str

    @classmethod
    def load(cls, path: str) -> "Spec":
        """From the file that `save` wrote."""
        return cls(**json.loads(Path(path).read_text()))

    def save(self, path: Path) -> None:
        """Write it for a client to load."""
        path.write_text(json.dumps(asdict(self)))

    def request(self) -> dict[str, Any]:
        """What stands in every request besides its input."""
        return {"model": self.model, "instructions": self.instructions, "tools": self.tools, "store": False}


def opening() -> dict[str, Any]:
    """The user's message."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": PROMPT}]}


def name_of(number: int) -> str:
    """The path of a file, `number` from 0."""
    return f"package/module_{number:02}.py"


def plant(root: Path) -> None:
    """Write the files: the same on every machine, and no two alike."""
    (root / "package").mkdir(parents=True)
    for number in range(CALLS):
        chance = random.Random(number)
        lines: list[str] = []
        while sum(map(len, lines)) < FILE_BYTES:
            one, two, three = chance.sample(_WORDS, 3)
            lines.append(f"def {one}_{two}_{chance.randrange(1000)}({three}: int) -> int:\n")
            lines.append(f"    return {three} * {chance.randrange(10_000)} + len({two!r})\n\n")
        text = "".join(lines)[: FILE_BYTES - 1]
        (root / name_of(number)).write_text(text.rstrip() + "\n")


def read_file(root: str, arguments: str) -> str:
    """What `read_file` answers: to the byte what Patchwire's own tool says, with nothing around it."""
    path = json.loads(arguments)["path"]
    lines = Path(root, path).read_text().splitlines()
    numbered = [f"{number}\t{line}" for number, line in enumerate(lines, 1)]
    return "\n".join([f"{path}: lines 1-{len(lines)} of {len(lines)}", *numbered])


def answers(root: str, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs of all calls among a response's items."""
    return [
        {"type": "function_call_output", "call_id": item["call_id"], "output": read_file(root, item["arguments"])}
        for item in output
        if item["type"] == "function_call"
    ]


def report() -> None:
    """Tell the driver what this process has used: the last line of standard output."""
    used, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "cpu": used.ru_utime + used.ru_stime,
                "cpu_children": children.ru_utime + children.ru_stime,
                "peak_mb": _peak_kb(used.ru_maxrss) / 1024,
            }
        ),
        flush=True,
    )


def _peak_kb(fallback: int) -> int:
    """Most memory resident at once. `ru_maxrss` would count the parent's, too, from before this program was loaded."""
    status = Path("/proc/self/status")
    if not status.exists():
        return fallback // 1024 if os.uname().sysname == "Darwin" else fallback
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])
