"""The tools that the benchmark measures, each behind the same call: a case in, texts or a refusal out."""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.patch.perturb import Case

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply, apply_text
from patchwire.patch.parse import parse

_NUMBERS = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*$")


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool made of a case. `files` is None where it refused; `partial` tells whether it changed files then."""

    files: Mapping[str, str] | None
    seconds: float
    partial: bool = False
    said_already: bool = False


Tool = Callable[[Case], Result]


def ours(case: Case) -> Result:
    """This engine."""
    return _ours(case, case.patch)


def ours_v4a(case: Case) -> Result:
    """This engine, given the same change as V4A (in the same fence, if there is one)."""
    talk, fence, patch = case.patch.partition("```diff\n")
    sections = v4a_sections(patch.partition("\n```\n")[0] + "\n" if fence else case.patch)
    if not sections:
        return Result(None, 0.0)
    text = "*** Begin Patch\n" + "".join(
        f"*** {'Add' if new else 'Update'} File: {path}\n{body}" for path, (new, body) in sections.items()
    )
    text += "*** End Patch\n"
    return _ours(case, talk + fence + text + "```\n" if fence else text)


def _ours(case: Case, text: str) -> Result:
    start = time.perf_counter()
    try:
        new = apply_text(text, case.before)
    except PatchRefused:
        return Result(None, time.perf_counter() - start)
    seconds = time.perf_counter() - start
    already = case.already and not new and bool(apply(parse(text), case.before).already)
    files = {**case.before, **new}
    return Result({path: after for path, after in files.items() if after is not None}, seconds, said_already=already)


def command(*words: str) -> Tool:
    """A program that reads the patch from its input and changes the files of the directory it runs in."""

    def run(case: Case) -> Result:
        with tempfile.TemporaryDirectory() as place:
            for path, text in case.before.items():
                file = Path(place, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode("utf-8", "surrogateescape"))
            start = time.perf_counter()
            done = subprocess.run(
                words, cwd=place, input=case.patch.encode("utf-8", "surrogateescape"), capture_output=True, check=False
            )
            seconds = time.perf_counter() - start
            files = {
                path: Path(place, path).read_bytes().decode("utf-8", "surrogateescape")
                for path in {*case.before, *case.after}
                if Path(place, path).is_file()
            }
        if done.returncode:
            return Result(None, seconds, partial=files != case.before)
        return Result(files, seconds)

    return run


def v4a_sections(patch: str) -> dict[str, tuple[bool, str]]:
    """The patch's files as V4A hunks without an envelope: path → (is new, text). V4A has no numbers."""
    sections: dict[str, tuple[bool, str]] = {}
    path, new = "", False
    lines = patch.split("\n")
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if line.startswith("--- ") and following.startswith("+++ "):
            path, new = following[6:], line == "--- /dev/null"
            sections[path] = (new, "")
        elif (
            path
            and not line.startswith(("+++ b/", "\\", "diff --git", "new file mode"))
            and (line or at + 1 < len(lines))
        ):
            text = "@@" if _NUMBERS.match(line) or line == "@@ @@" else line
            if not (new and text == "@@"):
                sections[path] = (new, sections[path][1] + text + "\n")
    return sections


def agents(case: Case) -> Result:
    """`agents.apply_diff` of openai-agents, file by file; all or nothing is left to its caller, so it is given."""
    from agents.apply_diff import apply_diff

    files = dict(case.before)
    start = time.perf_counter()
    try:
        for path, (new, body) in v4a_sections(case.patch).items():
            files[path] = apply_diff(files.get(path, ""), body, "create" if new else "default")
    except ValueError:
        return Result(None, time.perf_counter() - start)
    return Result(files, time.perf_counter() - start)


TOOLS: dict[str, Tool] = {
    "Patchwire": ours,
    "Patchwire, V4A": ours_v4a,
    "git apply": command("git", "apply", "-"),
    "git apply --recount": command("git", "apply", "--recount", "-"),
    "patch": command("patch", "-p1", "-s", "-f", "--no-backup-if-mismatch", "-r", "-"),
    "patch -F3 -l": command("patch", "-p1", "-s", "-f", "-F3", "-l", "--no-backup-if-mismatch", "-r", "-"),
    "openai-agents apply_diff": agents,
}
