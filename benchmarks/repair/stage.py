"""A stage for the offline model: the tools of docs/tools.md played on a directory, without server, agent or sandbox.

For tuning only. What is reported comes from the real command (`mutants.py`).
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from patchwire.repair.brain import next_items

_RUNNER = Path(__file__).with_name("stage_runner.py")
TOOLS = [
    {"type": "function", "name": n}
    for n in ("read_file", "list_files", "search", "write_patch", "run_tests", "try_patches")
]


class Stage:
    """One directory and its tests; `python` runs them."""

    def __init__(
        self, root: Path, python: str = sys.executable, limit: float = 10.0, args: tuple[str, ...] = ()
    ) -> None:
        self.root = root
        self.python = python
        self.limit = limit
        self.args = list(args)
        self.before: dict[str, str] = {}

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The tool's text."""
        return str(getattr(self, name)(**arguments))

    def read_file(self, path: str, start_line: int | None, end_line: int | None) -> str:
        """One page."""
        file = self.root / path
        if not file.is_file():
            return f"Error: no such file: {path}"
        text = file.read_bytes().decode()
        lines = text.split("\n")
        facts = "" if not lines[-1] else " (no newline at the end)"
        lines = lines if lines[-1] else lines[:-1]
        facts = "" if text.endswith("\n") else " (no newline at the end)"
        if not lines:
            return f"{path}: empty"
        first = start_line or 1
        last = min(end_line or len(lines), len(lines), first + 1999)
        rows = [f"{n}\t{lines[n - 1]}" for n in range(first, last + 1)]
        return "\n".join([f"{path}: lines {first}-{last} of {len(lines)}{facts}", *rows])

    def list_files(self, path: str | None) -> str:
        """All Python files."""
        found = sorted(f.relative_to(self.root).as_posix() for f in self.root.rglob("*.py"))
        return "\n".join(found[:500]) or "no files"

    def search(self, pattern: str, path: str | None, ignore_case: bool) -> str:
        """Grep."""
        done = subprocess.run(
            ["grep", "-rnE", *(["-i"] if ignore_case else []), "--include=*.py", "-e", pattern, path or "."],
            cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return re.sub(r"^\./", "", done.stdout, flags=re.MULTILINE).strip() or "no matches"

    def write_patch(self, patch: str) -> str:
        """Git's own judgement."""
        done = subprocess.run(
            ["git", "apply", "--unsafe-paths", "-"],
            input=patch,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        return "Applied: M" if done.returncode == 0 else f"Error: {done.stderr}"

    def run_tests(self, targets: list[str] | None, trace: bool) -> str:
        """A fresh process."""
        result = self._run({"mode": "run", "targets": targets, "trace": trace}, 120)
        if targets is None:
            self.before = result.get("statuses", {})
        return str(result["text"])

    def try_patches(self, patches: list[str], targets: list[str] | None) -> str:
        """A fork per candidate."""
        failing = targets or [i for i, s in self.before.items() if s in ("failed", "error")]
        job = {"mode": "try", "patches": patches, "targets": failing, "before": self.before, "limit": self.limit}
        return str(self._run(job, 90)["text"])

    def _run(self, job: dict[str, Any], limit: float) -> dict[str, Any]:
        job |= {"args": self.args}
        try:
            done = subprocess.run(
                [self.python, str(_RUNNER)], input=json.dumps(job), cwd=self.root, capture_output=True, text=True,
                check=False, timeout=limit,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"text": "INCONCLUSIVE: 0 failed in 60 s\nnote: timed out"}
        marker = done.stdout.rfind("@@RESULT@@")
        if marker < 0:
            return {
                "text": "INCONCLUSIVE: 0 failed\n--- output\n  "
                + (done.stdout + done.stderr)[-4000:].replace("\n", "\n  ")
            }
        return dict(json.loads(done.stdout[marker + 10 :]))


def play(
    stage: Stage, task: str = "Make the failing tests pass.", rounds: int = 60, verbose: bool = False
) -> tuple[str, float, int]:
    """The whole conversation: the last word, its seconds and the number of rounds."""
    context: list[dict[str, Any]] = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": task}]}
    ]
    started = time.monotonic()
    thinking = 0.0
    for number in range(rounds):
        begin = time.monotonic()
        items = next_items(context, TOOLS)
        thinking += time.monotonic() - begin
        context += items
        calls = [item for item in items if item["type"] == "function_call"]
        if not calls:
            return items[-1]["content"][0]["text"], time.monotonic() - started, number
        for call in calls:
            begin = time.monotonic()
            output = stage.call(call["name"], json.loads(call["arguments"]))
            if verbose:
                took = f"[{time.monotonic() - begin:.2f} s, thought {thinking:.2f} s]"
                print(f"{took} {call['name']} {call['arguments'][:150]!r} -> {output[:300]!r}")
            context.append({"type": "function_call_output", "call_id": call["call_id"], "output": output})
    return "(no end)", time.monotonic() - started, rounds


if __name__ == "__main__":
    print(play(Stage(Path(sys.argv[1]), *sys.argv[2:3]), verbose=True))
