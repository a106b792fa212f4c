"""`make` lists what there is, and the pages and CI ask for nothing else.

That `make setup` works is shown by every CI run: it starts from a fresh clone.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "examples/README.md", ".ci/run")]


def make(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as if not from within another make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture(scope="module")
def listed() -> set[str]:
    done = make(ROOT)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^  ([a-z0-9-]+) +\S", done.stdout, re.MULTILINE))


def test_make_alone_lists_every_target(listed: set[str]) -> None:
    declared = re.search(r"^\.PHONY: (help .*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert declared is not None
    assert listed == set(declared[1].split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_targets_that_exist(page: Path, listed: set[str]) -> None:
    named = set(re.findall(r"(?:^|`) *make ([a-z0-9-]+)(?=`|$| +#| [A-Z]+=)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= listed


def test_python_that_is_too_old_gets_a_line_that_says_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    done = make(tmp_path, "setup", "PYTHON=false")
    assert done.returncode == 2
    assert "needs Python 3.11 or later" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_python_without_venv_gets_a_line_that_says_what_to_install(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    bare = tmp_path / "bare-python"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n', "utf-8")
    bare.chmod(0o755)
    done = make(tmp_path, "setup", f"PYTHON={bare}")
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()
