"""Our own directories: private, held by one process, swept."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patchwire.adapters import state
from patchwire.errors import WorkspaceError


def test_a_directory_is_made_private_and_stays_so(tmp_path: Path) -> None:
    directory = state.private(tmp_path / "a" / "own")
    assert directory.stat().st_mode & 0o777 == 0o700
    directory.chmod(0o755)
    assert state.private(directory).stat().st_mode & 0o777 == 0o700


def test_a_link_a_file_and_a_strangers_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(WorkspaceError, match="not a directory of yours"):
            state.private(tmp_path / name)
    if os.geteuid() == 0:
        (tmp_path / "theirs").mkdir()
        os.chown(tmp_path / "theirs", 12345, 12345)
        with pytest.raises(WorkspaceError, match="not a directory of yours"):
            state.private(tmp_path / "theirs")
    with pytest.raises(WorkspaceError, match="cannot be used"):
        state.private(Path("/proc/nowhere/x"))


def test_a_claim_is_one_processs_and_ends_with_it(tmp_path: Path) -> None:
    claim = state.Claim.of(tmp_path / "w")
    with pytest.raises(WorkspaceError, match="in use by another process"):
        state.Claim.of(tmp_path / "w")
    state.sweep(tmp_path)
    assert claim.directory.is_dir()
    claim.release()
    claim.release()
    assert not (tmp_path / "w").exists()
    code = (
        "import os, sys; from pathlib import Path; from patchwire.adapters import state; "
        f"claim = state.Claim.of(Path({str(tmp_path / 'dead')!r})); (claim.directory / 'x').mkdir(); "
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (tmp_path / "dead" / "x").is_dir()
    state.sweep(tmp_path)
    assert not (tmp_path / "dead").exists()


def test_what_is_just_being_made_is_nobodys_to_sweep(tmp_path: Path) -> None:
    for name in ("young", "old"):
        (tmp_path / name).mkdir()
    then = time.time() - 3600
    os.utime(tmp_path / "old", (then, then))
    state.sweep(tmp_path)
    state.sweep(tmp_path / "nowhere")
    assert [(tmp_path / name).exists() for name in ("young", "old")] == [True, False]


def test_what_tests_have_locked_is_removed_too(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text("")
    (tmp_path / "a" / "b").chmod(0)
    (tmp_path / "a").chmod(0o500)
    state.remove(tmp_path / "a")
    assert not (tmp_path / "a").exists()
