"""How often `patchwire run --offline` mends a one-line bug in a package that it has never seen.

The bugs are mutants made by cosmic-ray (a mutation tool from PyPI) in real packages whose sdists carry their tests.
The rule of the sample, fixed before any was looked at: in each package all places that cosmic-ray can change are
shuffled with a seed, one change is drawn for each place, and the first that make a test fail (pytest exits 1 or 2
within the time limit) are taken, the same number from each package.

    python benchmarks/repair/mutants.py                  # the table of docs/offline-model.md
    python benchmarks/repair/mutants.py --set tune --stage   # tuning: other packages, without the real command
"""

import argparse
import ast
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ("pytest==9.2.0", "cosmic-ray==8.7.0")


@dataclass(frozen=True)
class Package:
    """An sdist: where its code is, what its tests need, and which of its test files are left out (and why)."""

    name: str
    version: str
    code: tuple[str, ...]
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


SETS = {
    "report": (
        Package("toolz", "1.2.0", ("toolz",)),
        Package("inflection", "0.5.1", ("inflection",)),
        Package("tinydb", "4.9.0", ("tinydb",)),
        Package("boltons", "26.2.0", ("boltons",)),
        Package("cachetools", "8.0.1", ("src/cachetools",), options=("-o", "pythonpath=src")),
    ),
    "tune": (
        Package("python-slugify", "9.2.0", ("slugify",), needs=("text-unidecode",)),
        Package("parse", "1.22.4", ("parse",), options=("-o", "addopts=")),
        Package("semver", "3.1.1", ("src/semver",), options=("-o", "addopts=", "-o", "pythonpath=src")),
        Package("itsdangerous", "2.2.0", ("src/itsdangerous",), needs=("freezegun",), options=("-o", "pythonpath=src")),
        Package("first", "2.0.2", ("first.py",)),
        Package("idna", "3.20", ("idna",), without=("tests/test_idna_properties.py",)),
        Package("humanize", "4.17.0", ("src/humanize",), needs=("freezegun",), options=("-o", "pythonpath=src")),
    ),
}


@dataclass
class Bug:
    """One mutant that a test kills."""

    package: str
    path: str
    line: int
    operator: str
    before: str
    after: str
    mutated: str = ""


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


def prepare(work: Path, packages: tuple[Package, ...]) -> Path:
    """The environment and the unpacked packages; the environment's Python."""
    python = work / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(work / "venv")], check=True)
    needs = sorted({need for package in packages for need in package.needs})
    subprocess.run([python, "-m", "pip", "install", "-q", *TOOLS, *needs], check=True, stderr=subprocess.DEVNULL)
    for package in packages:
        target = work / "clean" / package.name
        if target.exists():
            continue
        sdists = work / "sdists" / package.name
        subprocess.run(
            [python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", sdists,
             f"{package.name}=={package.version}"],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with tarfile.open(next(sdists.glob("*.tar.gz"))) as archive, tempfile.TemporaryDirectory() as scratch:
            archive.extractall(scratch, filter="data")
            shutil.copytree(next(Path(scratch).iterdir()), target)
        for path in package.without:
            (target / path).unlink()
    return python


SITES = """
import json, sys
from pathlib import Path
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray import plugins
from cosmic_ray.mutating import MutationVisitor
found = []
for path in sys.argv[1:]:
    tree = get_ast(Path(path).read_text())
    for name in sorted(plugins.operator_names()):
        try:
            operator = plugins.get_operator(name)()
        except TypeError:
            continue  # operators that need arguments of a configuration
        occurrence = 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                found.append([path, name, occurrence, *start])
                occurrence += 1
print(json.dumps(found))
"""

MUTATE = """
import sys
from pathlib import Path
from cosmic_ray import plugins
from cosmic_ray.mutating import mutate_code
path, name, occurrence = sys.argv[1:]
sys.stdout.write(mutate_code(Path(path).read_text(), plugins.get_operator(name)(), int(occurrence)))
"""


def family(operator: str) -> str:
    """`core/ReplaceBinaryOperator_Add_Sub` and `…_Add_Mul` are one family: only one of them is drawn for a place."""
    return operator.split("_", 1)[0]


def sample(python: Path, clean: Path, package: Package, number: int, seed: int, limit: float) -> list[Bug]:
    """The first `number` killed mutants of a package in the seeded order; remembered in a file."""
    memory = clean.parent.parent / f"bugs-{package.name}-{number}-{seed}.json"
    if memory.exists():
        return [Bug(**entry) for entry in json.loads(memory.read_text())]
    files = sorted(
        str(path.relative_to(clean))
        for code in package.code
        for path in ([clean / code] if code.endswith(".py") else (clean / code).rglob("*.py"))
        if "test" not in path.relative_to(clean).as_posix()
    )
    output = subprocess.run([python, "-c", SITES, *files], cwd=clean, capture_output=True, text=True, check=True).stdout
    places: dict[tuple[str, int, int, str], list[tuple[str, int]]] = {}
    for path, operator, occurrence, line, column in json.loads(output.strip().splitlines()[-1]):
        places.setdefault((path, line, column, family(operator)), []).append((operator, occurrence))
    dice = random.Random(f"{package.name} {seed}")
    order = sorted(places)
    dice.shuffle(order)
    bugs: list[Bug] = []
    for place in order:
        if len(bugs) == number:
            break
        operator, occurrence = dice.choice(sorted(places[place]))
        path, line = place[0], place[1]
        original = (clean / path).read_text()
        mutated = subprocess.run(
            [python, "-c", MUTATE, path, operator, str(occurrence)],
            cwd=clean,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if mutated == original or not _parses(mutated):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / package.name
            shutil.copytree(clean, copy)
            (copy / path).write_text(mutated)
            if _pytest(python, copy, package, limit) in (1, 2):
                before, after = _lines(original, mutated)
                bugs.append(Bug(package.name, path, line, operator, before, after, mutated))
    memory.write_text(json.dumps([asdict(bug) for bug in bugs]))
    return bugs


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _lines(original: str, mutated: str) -> tuple[str, str]:
    pairs = zip(original.split("\n"), mutated.split("\n"), strict=False)
    return next(((a.strip(), b.strip()) for a, b in pairs if a != b), ("", ""))


def command(package: Package) -> list[str]:
    """The test command, as a user would write it."""
    return ["python", "-m", "pytest", "-q", *package.options]


def environment(python: Path) -> dict[str, str]:
    """An environment in which `python` is the prepared one."""
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPENAI_"))}
    return kept | {"VIRTUAL_ENV": str(python.parent.parent), "PATH": path}


def _pytest(python: Path, root: Path, package: Package, limit: float) -> int:
    try:
        done = subprocess.run(
            [*command(package), "-x", "-p", "no:cacheprovider"], cwd=root,
            env=environment(python) | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, timeout=limit, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1
    return done.returncode


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
    return "\n".join([*rows, "", f"Made by `{line}`."])


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
    parser.add_argument("--sample", action="store_true", help="only draw the sample, which is remembered in --work")
    parser.add_argument("--write", action="store_true", help="write the table into docs/offline-model.md")
    options = parser.parse_args()
    packages = tuple(package for package in SETS[options.set] if options.only in (None, package.name))
    options.work.mkdir(parents=True, exist_ok=True)
    python = prepare(options.work, packages)
    results: list[Result] = []
    for package in packages:
        clean = options.work / "clean" / package.name
        bugs = sample(python, clean, package, options.number, options.seed, 30.0)
        for bug in [] if options.sample else bugs:
            result = attempt(python, clean, package, bug, stage=options.stage, limit=options.limit)
            results.append(result)
            sign = "correct" if result.correct else "plausible" if result.plausible else f"exit {result.exit_code}"
            print(f"{sign:10} {result.seconds:6.1f} s  {bug.package}/{bug.path}:{bug.line} {bug.operator}", flush=True)
            print(f"    bug:  {bug.before}  →  {bug.after}\n    {result.message}", flush=True)
            if not result.correct and result.patch:
                print("    patch: " + result.patch.replace("\n", "\n           "), flush=True)
    if options.sample:
        return
    line = "python benchmarks/repair/mutants.py" + "".join(f" {a}" for a in sys.argv[1:])
    text = table(results, packages, line)
    print(text)
    if options.write:
        from document import put

        put("mutants", text)


if __name__ == "__main__":
    main()
