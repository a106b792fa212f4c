"""Writes are all or nothing on a real disk, keep modes, and leave no stale bytecode."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Plain, Written, load
from patchwire.errors import ToolError, WorkspaceError


def test_a_failure_half_way_puts_everything_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    written = Written(Plain(tmp_path))
    with pytest.raises(ToolError, match="cannot be written"):
        written.write({"new/b.txt": "b", "a.txt": "changed", "x" * 300: "too long a name"})
    with pytest.raises(ToolError, match="nothing was written"):
        written.write({"new/b.txt": "b", "a.txt": "changed", "c": "a file", "c/d": "a file under it"})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "a"
    assert written.sides() == ({}, {})


def test_two_files_that_exclude_each_other_are_refused_and_undone(tmp_path: Path) -> None:
    written = Written(Plain(tmp_path))
    with pytest.raises(ToolError, match="nothing was written"):
        written.write({"a": "a file", "a/b": "a file under it"})
    assert list(tmp_path.iterdir()) == []


def test_a_file_may_take_the_place_of_a_directory_that_empties(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("a")
    written = Written(Plain(tmp_path))
    written.write({"pkg/a.py": None})
    assert not (tmp_path / "pkg").exists()
    written.write({"pkg": "a file now"})
    assert load(tmp_path, "pkg") == Content(b"a file now")


def test_modes_are_kept_also_over_a_deletion(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("old")
    (tmp_path / "run.sh").chmod(0o755)
    written = Written(Plain(tmp_path))
    written.write({"run.sh": None})
    written.write({"run.sh": "new"})
    assert os.access(tmp_path / "run.sh", os.X_OK)


def test_half_a_surrogate_pair_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="surrogate"):
        Written(Plain(tmp_path)).write({"a": "\ud800"})


def test_bytecode_of_a_written_module_is_forgotten_and_of_no_other(tmp_path: Path) -> None:
    for name in ("mod.py", "mod_other.py"):
        (tmp_path / name).write_text("X = 1\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", tmp_path], check=True)
    Written(Plain(tmp_path)).write({"mod.py": "X = 2\n"})
    assert [path.name.partition(".")[0] for path in (tmp_path / "__pycache__").iterdir()] == ["mod_other"]


def test_the_mode_on_the_disk_is_kept_where_it_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("old")
    (tmp_path / "private.txt").chmod(0o600)
    Written(Plain(tmp_path)).write({"private.txt": "new"})
    assert stat.S_IMODE((tmp_path / "private.txt").stat().st_mode) == 0o600


def test_links_that_tests_leave_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "pkg").mkdir(parents=True)
    (outside / "__pycache__").mkdir(parents=True)
    (outside / "__pycache__" / "a.x.pyc").write_text("")
    (outside / "a.py").write_text("theirs")
    (root / "pkg" / "a.py").write_text("a")
    (root / "pkg" / "__pycache__").symlink_to(outside / "__pycache__")
    written = Written(Plain(root))
    written.write({"pkg/a.py": "b"})
    assert [path.name for path in (outside / "__pycache__").iterdir()] == ["a.x.pyc"]
    (root / "pkg").rename(root / "moved")
    (root / "pkg").symlink_to(outside)
    with pytest.raises(ToolError, match="symbolic link is in the way"):
        written.write({"pkg/new.py": "x"})
    with pytest.raises(ToolError, match="symbolic link is in the way"):
        written.write({"pkg/a.py": "c"})
    assert (outside / "a.py").read_text() == "theirs"
    assert not (outside / "new.py").exists()


def test_what_tests_make_of_a_written_file_is_put_back(tmp_path: Path) -> None:
    written = Written(Plain(tmp_path))
    written.write({"a.py": "mine"})
    with written.originals([]):
        (tmp_path / "a.py").unlink()
        (tmp_path / "a.py").symlink_to("/etc/passwd")
    assert (tmp_path / "a.py").read_text() == "mine"
    assert not (tmp_path / "a.py").is_symlink()
    (tmp_path / "a.py").unlink()
    (tmp_path / "a.py" / "b").mkdir(parents=True)
    run = written.originals([])
    run.__enter__()
    with pytest.raises(WorkspaceError, match="cannot be put back"):
        run.__exit__(None, None, None)
