"""How often `patchwire run --offline` mends a one-line bug in a package that it has never seen.

The bugs are mutants made by cosmic-ray (a mutation tool from PyPI) in real packages whose sdists carry their tests.
They are drawn by the rule in `sample.py`.

    python benchmarks/repair/mutants.py                  # the table of docs/offline-model.md
    python benchmarks/repair/mutants.py --only toolz     # one package; its results are remembered in --work …
    python benchmarks/repair/mutants.py --remembered     # … and put together here, from runs of the same commit
    python benchmarks/repair/mutants.py --set tune --stage   # tuning: other packages, without the real command
"""

import argparse
import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sample import SETS, Bug, Package, command, environment, prepare, sample

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass
class Result:
    """What came of one bug."""

    bug: Bug
    exit_code: int
    plausible: bool
    correct: bool
    seconds: float
    message: str
    patch: str = ""


def attempt(python: Path, clean: Path, package: Package, bug: Bug, *, stage: bool, limit: float) -> Result:
    """Let the offline model at one bug, in a fresh copy, and judge what came out."""
    original = (clean / bug.path).read_text()
    with tempfile.TemporaryDirectory(prefix="patchwire-mutant-") as scratch:
        copy = Path(scratch) / package.name
        shutil.copytree(clean, copy)
        (copy / bug.path).write_text(bug.mutated)
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost"]
        for step in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "with a bug"]):
            subprocess.run([*git, *step], cwd=copy, check=True, capture_output=True)
        started = time.monotonic()
        if stage:
            code, message = _on_stage(python, copy, package)
        else:
            code, message = _by_command(python, copy, package, limit)
        seconds = time.monotonic() - started
        changed = subprocess.run(
            ["git", "diff", "--name-only"], cwd=copy, capture_output=True, text=True, check=True
        ).stdout.split()
        text = (copy / bug.path).read_text()
        patch = subprocess.run(["git", "diff", "-U0"], cwd=copy, capture_output=True, text=True, check=True).stdout
    fine = code == 0 and bool(changed) and not any("test" in Path(path).name for path in changed)
    correct = (
        fine
        and changed == [bug.path]
        and (text == original or ast.dump(ast.parse(text)) == ast.dump(ast.parse(original)))
    )
    shown = "\n".join(line for line in patch.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---"))
    return Result(bug, code, fine, correct, seconds, message, shown)


def _by_command(python: Path, copy: Path, package: Package, limit: float) -> tuple[int, str]:
    """The real thing. The patch goes onto the original with `git apply`; one that does not apply counts as exit 1."""
    diff = copy.parent / "fix.diff"
    line = [
        sys.executable, "-m", "patchwire", "run", "--offline", "--repo", str(copy),
        "--test", " ".join(command(package)), "--output", str(diff), "--json",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            line,
            env=environment(python) | {"PYTHONPATH": str(ROOT / "server")},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1, "time limit of the benchmark"
    try:
        message = str(json.loads(done.stdout)["message"])
    except (ValueError, KeyError, TypeError):
        message = (done.stdout + done.stderr)[-300:]
    if done.returncode == 0 and subprocess.run(["git", "apply", str(diff)], cwd=copy, check=False).returncode:
        return 1, "the patch does not apply"
    return done.returncode, message


def _on_stage(python: Path, copy: Path, package: Package) -> tuple[int, str]:
    from stage import Stage, play

    stage = Stage(copy, str(python), args=package.options)
    message, _, rounds = play(stage)
    return (0 if "now pass" in message else 1), f"{message} ({rounds} rounds)"


def table(results: list[Result], packages: tuple[Package, ...], line: str) -> str:
    """The results in Markdown."""
    rows = ["| package | bugs | plausible | correct | median seconds |", "|---|---|---|---|---|"]
    for name, own in [
        *((f"{p.name} {p.version}", [r for r in results if r.bug.package == p.name]) for p in packages),
        ("**all**", results),
    ]:
        if own:
            seconds = statistics.median(r.seconds for r in own)
            rows.append(
                f"| {name} | {len(own)} | {sum(r.plausible for r in own)} | {sum(r.correct for r in own)} "
                f"| {seconds:.1f} |"
            )
    return "\n".join([*rows, "", line])


def commit() -> str:
    """The commit that is measured; with a word on changes that no commit holds."""
    git = ["git", "-C", str(ROOT)]
    name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    return name.strip() + (" with changes" if dirty else "")


@dataclass
class Batch:
    """The results of one package, and what they were measured on and under which load."""

    commit: str
    load: float
    results: list[Result]


def remember(path: Path, batch: Batch) -> None:
    """Keep a package's results for `--remembered`."""
    path.write_text(json.dumps(asdict(batch)))


def remembered(path: Path) -> Batch:
    """A package's results as they were kept."""
    kept = json.loads(path.read_text())
    results = [Result(**{**entry, "bug": Bug(**entry["bug"])}) for entry in kept["results"]]
    return Batch(kept["commit"], kept["load"], results)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS, default="report")
    parser.add_argument("--stage", action="store_true", help="play the tools in-process instead of the real command")
    parser.add_argument("--number", type=int, default=12, help="bugs per package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "patchwire-mutants")
    parser.add_argument("--only", help="one package")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one bug")
    parser.add_argument("--remembered", action="store_true", help="only put the table together, from earlier --only")
    parser.add_argument("--sample", action="store_true", help="only draw the sample, which is remembered in --work")
    parser.add_argument("--write", action="store_true", help="write the table into docs/offline-model.md")
    options = parser.parse_args()
    packages = tuple(package for package in SETS[options.set] if options.only in (None, package.name))
    options.work.mkdir(parents=True, exist_ok=True)
    python = prepare(options.work, packages)
    batches: list[Batch] = []
    for package in packages:
        memory = options.work / f"results-{package.name}-{options.number}-{options.seed}.json"
        if options.remembered:
            batches.append(remembered(memory))
            continue
        clean = options.work / "clean" / package.name
        bugs = sample(python, clean, package, options.number, options.seed, 30.0)
        batch = Batch(commit(), 0.0, [])
        for bug in [] if options.sample else bugs:
            batch.results.append(attempt(python, clean, package, bug, stage=options.stage, limit=options.limit))
            show(batch.results[-1])
        batch.load = os.getloadavg()[1]
        batches.append(batch)
        if not options.sample:
            remember(memory, batch)
    if options.sample:
        return
    results = [result for batch in batches for result in batch.results]
    text = table(results, packages, made_by(batches, [word for word in sys.argv[1:] if word not in _UNSAID]))
    print(text)
    if options.write:
        from document import put

        put("mutants", text)


_UNSAID = ("--remembered", "--write")


def made_by(batches: list[Batch], options: list[str]) -> str:
    """The command, the commit and the load, in a sentence."""
    commits = sorted({batch.commit for batch in batches})
    loads = f"{min(batch.load for batch in batches):.1f} to {max(batch.load for batch in batches):.1f}"
    command = " ".join(["python benchmarks/repair/mutants.py", *options])
    return (
        f"Made by `{command}`, package by package, at commit {' and '.join(commits)} on {os.cpu_count()} cores; the "
        f"system's load (over five minutes, at each package's end) was {loads}, 1 to 2 of it by the runs themselves."
    )


def show(result: Result) -> None:
    """One result on the terminal."""
    bug = result.bug
    sign = "correct" if result.correct else "plausible" if result.plausible else f"exit {result.exit_code}"
    print(f"{sign:10} {result.seconds:6.1f} s  {bug.package}/{bug.path}:{bug.line} {bug.operator}", flush=True)
    print(f"    bug:  {bug.before}  →  {bug.after}\n    {result.message}", flush=True)
    if not result.correct and result.patch:
        print("    patch: " + result.patch.replace("\n", "\n           "), flush=True)


if __name__ == "__main__":
    main()
