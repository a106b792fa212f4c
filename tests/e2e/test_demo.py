"""`make demo` does what it says, and says so when Patchwire does not do what it says."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

DEMO = Path(__file__).parent.parent.parent / "examples" / "demo.py"

USELESS = "diff --git a/NEWS b/NEWS\\nnew file mode 100644\\n--- /dev/null\\n+++ b/NEWS\\n@@ -0,0 +1 @@\\n+mended\\n"

# Each stands in for `patchwire run … --repo DIR …`: a shell script with the directory in $repo.
IMPOSTORS = {
    "gives up": ("exit 1", "patchwire run ended with exit code 1"),
    "prints nothing": ("true", "patchwire run printed no patch"),
    "touches a file": ('echo >> "$repo/README.md"; echo patch', "your copy was touched"),
    "adds an ignored file": (
        'mkdir -p "$repo/__pycache__"; touch "$repo/__pycache__/x"; echo patch',
        "your copy was touched",
    ),
    "commits": (
        'git -C "$repo" -c user.name=x -c user.email=x commit -q --allow-empty -m x; echo patch',
        "your copy was touched",
    ),
    "prints no patch": ("echo Here is your patch", "git apply failed"),
    "mends nothing": (f"printf '{USELESS}'", "the tests fail with the patch"),
}


def run_demo(python: Path, *names: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PATCHWIRE_"))}
    return subprocess.run(
        [str(python), str(DEMO), *names],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_red_to_green() -> None:
    done = run_demo(Path(sys.executable))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 from red to green" in done.stdout
    assert done.stdout.count("Your copy is untouched") == 3
    assert "\033" not in done.stdout + done.stderr, "colours are for terminals"


@pytest.mark.parametrize(("script", "verdict"), IMPOSTORS.values(), ids=IMPOSTORS)
def test_believes_nobody(script: str, verdict: str, tmp_path: Path) -> None:
    venv.create(tmp_path, symlinks=True)
    libraries = sysconfig.get_path("purelib", vars={"base": str(tmp_path), "platbase": str(tmp_path)})
    (Path(libraries) / "ours.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    impostor = tmp_path / "bin" / "patchwire"
    impostor.write_text(f'#!/bin/sh\nrepo="$4"\n{script}\n', "utf-8")
    impostor.chmod(0o755)
    done = run_demo(tmp_path / "bin" / "python", "stockroom")
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdict in done.stdout
    assert "0 of 1 from red to green" in done.stdout


def test_unknown_example() -> None:
    done = run_demo(Path(sys.executable), "stockrom")
    assert done.returncode == 1
    assert "there is no example stockrom: choose from accesslog, guesthouse, stockroom" in done.stdout


def test_without_patchwire(tmp_path: Path) -> None:
    venv.create(tmp_path, symlinks=True)
    done = run_demo(tmp_path / "bin" / "python")
    assert done.returncode == 1
    assert "start this with `make demo`" in done.stdout
