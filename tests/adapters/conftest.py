"""What the adapters' tests share: small trees, git repositories in them, and a way to see that a tree is untouched."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from patchwire.adapters.sandbox_probe import probe

LEAN = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python -m pytest -q"
"""pytest without the plugins of our own environment, which would make each of its starts three times as long."""

REQUIRE_SANDBOX = "PATCHWIRE_TESTS_REQUIRE_SANDBOX"
"""Where it is set, as in .ci/run, a test that finds no sandbox fails: a skip would prove nothing."""

Tree = Callable[..., Path]


def needs(level: str) -> None:
    """Skip the test where this level of isolation is not to be had, or fail it where that must not be."""
    reasons = dict(probe().reasons)
    if level in reasons:
        why = f"the isolation {level} is not to be had: {reasons[level]}"
        if os.environ.get(REQUIRE_SANDBOX):
            pytest.fail(why)
        pytest.skip(why)


def git(root: Path, *words: str) -> str:
    """Run git on a test's own repository."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def fingerprint(root: Path) -> dict[str, str]:
    """Every path under `root`, `.git` too, with what it holds, its mode and its time."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        held = str(path.readlink()) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            held = hashlib.sha256(path.read_bytes()).hexdigest()
        when = status.st_mtime_ns if not path.is_dir() else 0
        found[str(path.relative_to(root))] = f"{status.st_mode:o} {when} {held}"
    return found


def apply_patch(root: Path, patch: bytes) -> None:
    """Let git apply a patch to a tree, as a user would."""
    subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=root, input=patch, check=True)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make a tree of these files; `commit` says whether git knows it, and whether it has a commit."""

    def make(files: dict[str, str | bytes], *, repository: bool = True, commit: bool = True) -> Path:
        root = tmp_path / "tree"
        root.mkdir()
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if repository:
            git(root, "init", "-q")
            if commit:
                git(root, "add", "-A")
                git(root, "commit", "-q", "-m", "first")
        return root

    return make


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a user whose pytest is the one that runs these tests."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "VIRTUAL_ENV": sys.prefix}
