"""Draws the bugs: real packages with their tests, and the mutants of them that cosmic-ray makes and a test kills.

The rule, fixed before any was looked at: in each package all places that cosmic-ray can change are shuffled with a
seed, one change is drawn for each place, and the first that make a test fail (pytest exits 1 or 2 within the time
limit) are taken, the same number from each package.
"""

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

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
