"""A small tree whose tests run in this process, and the tools of docs/tools.md over it; plays whole conversations."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from patchwire.repair.brain import next_items

Item = dict[str, Any]
NAMES = ("read_file", "list_files", "search", "write_patch", "run_tests", "try_patches")
TOOLS: list[Item] = [{"type": "function", "name": name} for name in NAMES]


@dataclass
class Bench:
    """Modules by path, and tests as expressions over the names of all modules. `page` is the lines of one read.

    `overrides` change what a tool said, `refusals` are said instead of doing anything.
    """

    files: dict[str, str]
    tests: dict[str, str]
    traced: bool = True
    page: int = 2000
    per_call: int = 200
    overrides: dict[str, Callable[[dict[str, Any], str], str]] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)

    def answer(self, name: str, arguments: dict[str, Any]) -> str:
        """What a tool says."""
        self.calls.append((name, arguments))
        if self.refusals.get(name):
            return self.refusals[name].pop(0)
        text = str(getattr(self, name)(**arguments))
        return self.overrides[name](arguments, text) if name in self.overrides else text

    def failures(self, files: dict[str, str]) -> dict[str, str]:
        """What each failing test says."""
        names: dict[str, Any] = {}
        found: dict[str, str] = {}
        for test, expression in self.tests.items():
            try:
                for path, text in sorted(files.items()):
                    if not path.startswith("tests/"):
                        exec(compile(text, f"/x/{path}", "exec"), names)  # noqa: S102  # our own few lines
                assert eval(expression, names), expression  # noqa: S307  # our own text
            except SyntaxError as error:
                found[test] = f'E     File "{error.filename}", line {error.lineno}\nE   SyntaxError: {error.msg}'
            except Exception as error:  # noqa: BLE001  # whatever the code under test does
                found[test] = f"E   {type(error).__name__}: {error}"
        return found

    def run_tests(self, targets: list[str] | None, *, trace: bool) -> str:
        """Every module's lines are hit by every test."""
        failing = {test: why for test, why in self.failures(self.files).items() if not targets or test in targets}
        if not targets:
            self.before = failing
        total = len(targets or self.tests)
        if not total:
            return "NO TESTS: 0 failed in 0.01 s (exit code 5)\ncommand: pytest"
        verdict = "FAILED" if failing else "PASSED"
        lines = [
            f"{verdict}: {len(failing)} failed, {total - len(failing)} passed in 0.1 s (exit code 1)",
            "command: pytest",
        ]
        for test, why in failing.items():
            lines += [f"--- {test} failed (tests/test_a.py:1)", *(f"  {line}" for line in why.split("\n"))]
        if trace and self.traced:
            lines.append("lines run (failing/passing tests that ran each line):")
            for path, text in self.files.items():
                hits = " ".join(f"{n}={len(failing)}/1" for n in range(1, text.count("\n") + 1))
                lines.append(f"{path}: {hits}")
        return "\n".join(lines)

    def try_patches(self, patches: list[str], targets: list[str] | None) -> str:
        """Each on its own."""
        verdicts: dict[str, list[int]] = {}
        for number, patch in enumerate(patches[: self.per_call], 1):
            failing = self.failures(self.files | dict([self._patched(patch)]))
            bad = set(failing) & set(targets or self.before)
            worse = set(failing) - set(self.before)
            verdicts.setdefault("failed" if bad else "breaks" if worse else "passed", []).append(number)
        if len(patches) > self.per_call:
            verdicts["not tried"] = list(range(self.per_call + 1, len(patches) + 1))
        tried = min(len(patches), self.per_call)
        lines = [f"{verdict}: {' '.join(map(str, numbers))}" for verdict, numbers in verdicts.items()]
        return "\n".join([f"tried {tried} of {len(patches)} candidates in 0.5 s", *lines])

    def write_patch(self, patch: str) -> str:
        """For good."""
        path, text = self._patched(patch)
        self.files[path] = text
        return f"Applied: M {path}"

    def _patched(self, patch: str) -> tuple[str, str]:
        head, _, hunk, *body = patch.rstrip("\n").split("\n")
        path = head.removeprefix("--- a/")
        start = int(hunk.split(" ")[1][1:].split(",")[0])
        body = [line for line in body if line[0] != "\\"]
        old = [line[1:] for line in body if line[0] in " -"]
        lines = self.files[path].split("\n")
        at = start - 1 if old else start
        assert lines[at : at + len(old)] == old
        return path, "\n".join([*lines[:at], *(line[1:] for line in body if line[0] in " +"), *lines[at + len(old) :]])

    def read_file(self, path: str, start_line: int | None, end_line: int | None) -> str:
        """A page."""
        if path not in self.files:
            return f"Error: no such file: {path}"
        lines = self.files[path].split("\n")
        facts = "" if lines[-1] == "" else " (no newline at the end)"
        lines = lines[:-1] if lines[-1] == "" else lines
        if not lines:
            return f"{path}: empty"
        first = start_line or 1
        shown = lines[first - 1 : first - 1 + self.page]
        header = f"{path}: lines {first}-{first + len(shown) - 1} of {len(lines)}{facts}"
        return "\n".join([header, *(f"{number}\t{line}" for number, line in enumerate(shown, first))])

    def list_files(self, path: str | None) -> str:
        """All of them."""
        return "\n".join(sorted(self.files))


def play(bench: Bench, task: str = "Make the failing tests pass.", rounds: int = 60) -> str:
    """The whole conversation; its last word. Every answer must be the same when it is asked for twice."""
    context: list[Item] = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": task}]}]
    for _ in range(rounds):
        items = next_items(context, TOOLS)
        assert items == next_items(context, TOOLS)
        context += items
        if items[-1]["type"] == "message":
            return str(items[-1]["content"][0]["text"])
        for item in items:
            assert item["name"] in NAMES
            output = bench.answer(item["name"], json.loads(item["arguments"]))
            context.append({"type": "function_call_output", "call_id": item["call_id"], "output": output})
    raise AssertionError("no end")
