"""`make demo`: from a red test suite to a tested patch, on throw-away copies of the packages beside this file.

Does by hand what a sceptic would do around `patchwire run`: run the tests, take a fingerprint of every file, run
Patchwire, compare the fingerprint, apply the patch with git, run the tests again. Exit code 0 only if all of it holds.
Standard library only; nothing leaves this machine. One example alone: `.venv/bin/python examples/demo.py NAME`.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
TESTS = "python -m pytest -q"
TIME_LIMIT = 120.0

COLOURS = {"bold": "1", "red": "31", "green": "32", "cyan": "36", "dim": "2"}
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

# `python` in a test command means the environment that is active: make it the one that this script runs in, which has
# pytest. A git of the user's own with odd settings must not matter.
ENVIRONMENT = {
    **os.environ,
    "VIRTUAL_ENV": sys.prefix,
    "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATCHWIRE_JOURNAL": "0",
}


class DemoFailed(Exception):
    """Something did not hold; the text says what."""


def say(text: str = "", *styles: str) -> None:
    """Print at once: the programs that we start write to the same terminal."""
    if COLOURED and styles:
        text = f"\033[{';'.join(COLOURS[style] for style in styles)}m{text}\033[0m"
    print(text, flush=True)


def show_diff(diff: str) -> None:
    """The diff, indented, in the usual colours."""
    for line in diff.splitlines():
        line = line.rstrip()
        if line.startswith(("diff ", "index ", "---", "+++")):
            say(f"    {line}", "dim")
        else:
            say(f"    {line}", *{"+": ["green"], "-": ["red"], "@": ["cyan"]}.get(line[:1], []))


def git(repository: Path, *arguments: str, given: bytes | None = None) -> str:
    """What git prints. Raises DemoFailed."""
    identity = ("-c", "user.name=Demo", "-c", "user.email=demo@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=repository, env=ENVIRONMENT, input=given, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise DemoFailed(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


def run_tests(repository: Path) -> tuple[bool, str]:
    """Whether the package's own tests pass, and the closing line of pytest."""
    done = subprocess.run(
        [sys.executable, *shlex.split(TESTS)[1:]],
        cwd=repository,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    lines = done.stdout.strip().splitlines() or [f"pytest said nothing, exit code {done.returncode}"]
    return done.returncode == 0, lines[-1]


def fingerprint(repository: Path) -> str:
    """A hash over the names and bytes of all files of the working tree, and over git's index, refs and worktrees."""
    digest = hashlib.sha256()
    for question in (("for-each-ref",), ("ls-files", "--stage"), ("worktree", "list", "--porcelain")):
        digest.update(git(repository, *question).encode())
    for path in sorted(repository.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(repository)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def run_patchwire(repository: Path) -> bytes:
    """The patch that Patchwire prints; its progress goes to our stderr as it comes. Raises DemoFailed."""
    command = ["patchwire", "run", "--offline", "--repo", str(repository), "--test", TESTS]
    say(f"  $ {shlex.join(command)}", "bold")
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=TIME_LIMIT,
        check=False,
    )
    if done.returncode != 0:
        raise DemoFailed(f"patchwire run ended with exit code {done.returncode}")
    if not done.stdout:
        raise DemoFailed("patchwire run printed no patch")
    return done.stdout


def mend(example: Path, repository: Path) -> None:
    """One package, from red to green. Raises DemoFailed where anything is not as it should be."""
    shutil.copytree(example, repository, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "As found")

    say(f"  $ {TESTS}", "bold")
    passed, closing = run_tests(repository)
    say(f"  {closing}\n", "red")
    if passed:
        raise DemoFailed("there is nothing to mend: the tests pass already")

    before = fingerprint(repository)
    patch = run_patchwire(repository)
    say("\n  The patch:")
    show_diff(patch.decode(errors="replace"))

    changed = git(repository, "status", "--porcelain")
    if fingerprint(repository) != before or changed:
        raise DemoFailed(f"your copy was touched:\n{changed}")
    say(
        f"\n  Your copy is untouched: its files, git's index and refs are the same to the byte (sha256 {before[:12]}…)."
    )

    say("  $ git apply", "bold")
    git(repository, "apply", "-", given=patch)
    say(f"  $ {TESTS}", "bold")
    passed, closing = run_tests(repository)
    say(f"  {closing}", "green" if passed else "red")
    if not passed:
        raise DemoFailed("the tests fail with the patch")


def main(names: Sequence[str]) -> int:
    """Mend the examples of these names (none: all). 0 if each was mended, 1 if not."""
    if not (BIN / "patchwire").exists():
        say(f"there is no patchwire beside {sys.executable}: start this with `make demo`", "red")
        return 1
    examples = sorted(path.parent for path in HERE.glob("*/pyproject.toml"))
    if unknown := sorted(set(names) - {example.name for example in examples}):
        say(f"there is no example {unknown[0]}: choose from {', '.join(example.name for example in examples)}", "red")
        return 1
    if names:
        examples = [example for example in examples if example.name in names]
    say("Small packages with failing tests, copied to a temporary place. No key and no network: the model is the")
    say("built-in one, behind a local server that speaks the same protocol as the real one.")
    mended = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="patchwire-demo-", ignore_cleanup_errors=True) as place:
        for number, example in enumerate(examples, start=1):
            say(f"\n[{number}/{len(examples)}] {example.name}", "bold", "cyan")
            try:
                mend(example, Path(place).resolve() / example.name)
                mended += 1
            except subprocess.TimeoutExpired as error:
                say(f"  FAILED: no end after {error.timeout:.0f} s", "red")
            except DemoFailed as error:
                say(f"  FAILED: {error}", "red")
    good = mended == len(examples)
    say(
        f"\n{mended} of {len(examples)} from red to green in {time.monotonic() - started:.1f} s.",
        "bold",
        *([] if good else ["red"]),
    )
    if good:
        say("\nOn a repository of your own (nothing in it is changed unless you add --apply):")
        say(f"  {os.path.relpath(BIN)}/patchwire run --offline --repo PATH --test '{TESTS}'")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
