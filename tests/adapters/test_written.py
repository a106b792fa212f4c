"""Writes are all or nothing on a real disk, keep modes, and leave no stale bytecode."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Written, load
from patchwire.errors import ToolError


def test_a_failure_half_way_puts_everything_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    written = Written(tmp_path)
    with pytest.raises(ToolError, match="cannot be written"):
        written.write({"new/b.txt": "b", "a.txt": "changed", "x" * 300: "too long a name"})
    with pytest.raises(ToolError, match="nothing was written"):
        written.write({"new/b.txt": "b", "a.txt": "changed", "c": "a file", "c/d": "a file under it"})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "a"
    assert written.sides() == ({}, {})


def test_two_files_that_exclude_each_other_are_refused_and_undone(tmp_path: Path) -> None:
    written = Written(tmp_path)
    with pytest.raises(ToolError, match="nothing was written"):
        written.write({"a": "a file", "a/b": "a file under it"})
    assert list(tmp_path.iterdir()) == []


def test_a_file_may_take_the_place_of_a_directory_that_empties(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("a")
    written = Written(tmp_path)
    written.write({"pkg/a.py": None})
    assert not (tmp_path / "pkg").exists()
    written.write({"pkg": "a file now"})
    assert load(tmp_path, "pkg") == Content(b"a file now")


def test_modes_are_kept_also_over_a_deletion(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("old")
    (tmp_path / "run.sh").chmod(0o755)
    written = Written(tmp_path)
    written.write({"run.sh": None})
    written.write({"run.sh": "new"})
    assert os.access(tmp_path / "run.sh", os.X_OK)


def test_half_a_surrogate_pair_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="surrogate"):
        Written(tmp_path).write({"a": "\ud800"})


def test_bytecode_of_a_written_module_is_forgotten_and_of_no_other(tmp_path: Path) -> None:
    for name in ("mod.py", "mod_other.py"):
        (tmp_path / name).write_text("X = 1\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", tmp_path], check=True)
    Written(tmp_path).write({"mod.py": "X = 2\n"})
    assert [path.name.partition(".")[0] for path in (tmp_path / "__pycache__").iterdir()] == ["mod_other"]
