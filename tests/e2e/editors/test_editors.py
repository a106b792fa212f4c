"""The main job in real editors, headless: from a failing test to an applied, passing, saved buffer.

Each runs the snippet that docs/editors/ gives to its users, and checks itself: its exit code is the verdict.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.stage import BUGGY, PYTEST, repository

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "editors"
FINE = BUGGY | {"cart.py": BUGGY["cart.py"].replace("prices[1:]", "prices")}
NVIM = Path(sys.executable).with_name("nvim")


def run(command: list[str], tmp_path: Path, snippet: Path) -> None:
    root = repository(tmp_path / "shop", FINE)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PATCHWIRE_"))},
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATCHWIRE_OFFLINE": "1",
        "PATCHWIRE_ISOLATION": "copy",
        "PYTHON": sys.executable,
        "ROOT": str(root),
        "SNIPPET": str(snippet),
        "TEST": PYTEST,
    }
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the main job is done" in done.stdout + done.stderr


def test_neovim(tmp_path: Path) -> None:
    if not NVIM.exists():
        pytest.skip("Neovim comes with the extra `e2e`")
    run(
        [str(NVIM), "-n", "--headless", "-u", "NONE", "-c", f"luafile {HERE / 'check.lua'}"],
        tmp_path,
        DOCS / "neovim.lua",
    )


@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed (Debian: emacs-nox elpa-eglot)")
def test_emacs(tmp_path: Path) -> None:
    command = ["emacs", "--batch", "--eval", "(package-initialize)", "-l", str(HERE / "check.el")]
    run(command, tmp_path, DOCS / "patchwire.el")
