"""`patchwire apply`: what it writes, what it refuses, what it says."""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from patchwire.cli import apply as command

PATCH = """\
Here it is:

```diff
--- a/pkg/x.py
+++ b/pkg/x.py
@@ @@
 one
-two
+zwei
 three
--- /dev/null
+++ b/pkg/new/y.py
@@ -0,0 +1 @@
+fresh
```
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "x.py").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    (tmp_path / "pkg" / "x.py").chmod(0o755)
    return tmp_path


def run(root: Path, patch: str | bytes, *words: str) -> int:
    file = root.parent / f"{root.name}.patch"
    file.write_bytes(patch if isinstance(patch, bytes) else patch.encode())
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.main(parser.parse_args([str(file), "--root", str(root), *words]))


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_all_files_are_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, PATCH) == 0
    assert files(root) == {"pkg/x.py": b"one\r\nzwei\r\nthree\r\n", "pkg/new/y.py": b"fresh\n"}
    assert (root / "pkg" / "x.py").stat().st_mode & 0o777 == 0o755
    assert capsys.readouterr().out == "M pkg/x.py (+1 -1)\nA pkg/new/y.py (+1 -0)\n"
    assert run(root, PATCH) == 0
    assert capsys.readouterr().out == "= pkg/x.py (there already)\n= pkg/new/y.py (there already)\n"


def test_a_check_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(root)
    assert run(root, PATCH, "--check") == 0
    assert files(root) == before
    assert capsys.readouterr().out.endswith("fits; nothing is written\n")


def test_one_json_object(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, PATCH, "--json") == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["applied"]
    change = {"kind": "M", "path": "pkg/x.py", "old_path": None, "sensitive": None, "added": 1, "removed": 1}
    assert said["changes"][0] == change
    assert run(root, "talk", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["applied"]
    assert "no patch" in said["reasons"][0]


def test_what_runs_code_by_itself_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "--- /dev/null\n+++ b/Makefile\n@@ -0,0 +1 @@\n+all:\n") == 0
    assert "! look at Makefile: building, installing or testing runs it" in capsys.readouterr().out


def test_a_patch_that_does_not_fit_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(root)
    assert run(root, PATCH + "--- a/pkg/gone.py\n+++ b/pkg/gone.py\n@@ @@\n-a\n+b\n") == 1
    assert files(root) == before
    assert "pkg/gone.py: there is no such file" in capsys.readouterr().err


def test_files_are_moved_deleted_and_made_executable(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "gone").write_text("x\n")
    (root / "run").write_text("x\n")
    patch = (
        "diff --git a/pkg/x.py b/moved.py\nrename from pkg/x.py\nrename to moved.py\n"
        "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n*** Delete File: gone\n"
    )
    assert run(root, patch) == 0
    assert files(root) == {"moved.py": b"one\r\ntwo\r\nthree\r\n", "run": b"x\n"}
    assert (root / "moved.py").stat().st_mode & 0o777 == 0o755
    assert (root / "run").stat().st_mode & 0o777 == 0o755
    assert "R pkg/x.py -> moved.py" in capsys.readouterr().out


def test_bytes_that_are_no_text_encoding_are_kept(root: Path) -> None:
    (root / "latin").write_bytes(b"caf\xe9\nold\n")
    assert run(root, b"--- a/latin\n+++ b/latin\n@@ -1,2 +1,2 @@\n caf\xe9\n-old\n+new\n") == 0
    assert (root / "latin").read_bytes() == b"caf\xe9\nnew\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("link/x", "symbolic link"),
        ("link", "symbolic link"),
        (".git/config", "git's own files"),
        ("pkg/.GIT/hooks/x", "git's own files"),
        ("../x", "leads out"),
        ("/etc/x", "absolute"),
        ("pkg", "no regular file"),
        ("binary", "binary file"),
    ],
)
def test_what_must_not_be_touched(root: Path, path: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    outside = root.parent / f"{root.name}-outside"
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "binary").write_bytes(b"a\0b\n")
    assert run(root, f"*** Add File: {path}\n+x\n") == 1
    assert reason in capsys.readouterr().err
    assert not list(outside.iterdir())


def test_a_file_can_not_become_a_folder(root: Path) -> None:
    before = files(root)
    assert run(root, PATCH + "*** Add File: pkg/x.py/deeper\n+x\n") == 1
    assert files(root) == before


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_cannot_be_told_is_no_refusal(root: Path, words: list[str]) -> None:
    """1 would say that nothing was changed."""
    script = '"$0" -m patchwire apply --root "$1" $2 >/dev/full'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, str(root), *words],
        input=PATCH,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (root / "pkg" / "new" / "y.py").exists()
    assert done.returncode == 3
    assert done.stderr == "patchwire: standard output cannot be written: No space left on device\n"


def test_a_name_cannot_speak_to_the_terminal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "--- a/no\x1b[2Jfile\n+++ b/no\x1b[2Jfile\n@@ -1 +1 @@\n-a\n+b\n") == 1
    assert "\x1b" not in capsys.readouterr().err


def test_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.main(parser.parse_args([str(root / "no.patch")])) == 2
    assert run(root, PATCH, "--root", str(root / "no")) == 2
    assert "no such directory" in capsys.readouterr().err


def test_a_patch_on_standard_input(root: Path) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(PATCH.encode()))
    try:
        assert command.main(parser.parse_args(["--root", str(root)])) == 0
    finally:
        sys.stdin = stdin
    assert (root / "pkg" / "new" / "y.py").exists()


def test_a_tree_holds_what_was_read(root: Path) -> None:
    tree = command.Tree(root)
    assert "gone" not in tree
    assert tree["pkg/x.py"].startswith("one")
    assert (list(tree), len(tree)) == (["pkg/x.py"], 1)
