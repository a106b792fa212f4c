"""Rows 8 to 12 and 34 of docs/security.md: nothing that a repository has git run is run, and git's files are safe."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.adapters.conftest import fingerprint as everything
from tests.security.hostile import booby_trapped, opened, program, trap, use_every_tool
from tests.stage import BUGGY, FIX, git, perform, repository

from patchwire.adapters.tree import accept
from patchwire.errors import PatchwireError, ToolError
from patchwire.loopback.play import call, say
from patchwire.patch.model import FileChange, Kind
from patchwire.task import Status

GIT_PATHS = (
    *(".git", ".git/config", ".git/hooks/pre-commit", ".git/info/attributes", ".GIT/config", "sub/.git"),
    *(".git::$INDEX_ALLOCATION/config", "git~1/config", "GIT~1/config", ".g\u200cit/config", ".git./x", "sub/.gIt/x"),
)


@pytest.mark.parametrize("kind", ["a directory", "a file", "missing"])
async def test_row_09_no_git_directory_is_made_or_changed(tmp_path: Path, kind: str) -> None:
    root = repository(tmp_path / "shop")
    if kind == "a file":  # as in a worktree or a submodule
        (root / ".git").rename(tmp_path / "elsewhere")
        (root / ".git").write_text(f"gitdir: {tmp_path / 'elsewhere'}\n")
    elif kind == "missing":
        shutil.rmtree(root / ".git")
    before = everything(tmp_path)
    async with opened(root) as workspace:
        for path in GIT_PATHS:
            with pytest.raises(ToolError):
                await workspace.write([(path, "[core]\n\tfsmonitor = ./evil\n")])
    for path in GIT_PATHS:
        with pytest.raises(PatchwireError):
            accept(root, [FileChange(path, Kind.ADD, None, "x")])
    assert everything(tmp_path) == before


def by_hand(root: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What git says against it, called as a user who takes no care."""
    command = ["git", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False).stderr


def sprung(root: Path, marker: Path) -> bool:
    """Whether the trap works at all: git itself, without our care, runs the program."""
    by_hand(root, "status")
    by_hand(root, "diff")
    found = marker.exists()
    marker.unlink(missing_ok=True)
    return found


async def test_row_10_no_program_of_the_repositorys_configuration_runs(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    root = booby_trapped(tmp_path / "shop", marker)
    (root / "cart.py").write_text(BUGGY["cart.py"] + "\n")
    assert sprung(root, marker)
    async with opened(root) as workspace:
        await use_every_tool(workspace)
    (root / "cart.py").write_text(BUGGY["cart.py"])
    done = await perform(root, call("write_patch", patch=FIX), say("Done."))
    assert done.outcome.status is Status.DONE
    accept(root, done.outcome.changes)
    assert not marker.exists(), marker.read_text()


async def test_row_11_no_hook_runs(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    root = repository(tmp_path / "shop")
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        program(root / ".git" / "hooks" / hook, marker)
    by_hand(root, "update-index", "--refresh", "--force-write-index")
    assert marker.exists(), "the trap does not work"
    marker.unlink()
    async with opened(root) as workspace:
        await use_every_tool(workspace)
    done = await perform(root, call("write_patch", patch=FIX), say("Done."))
    accept(root, done.outcome.changes)
    assert not marker.exists(), marker.read_text()


async def test_row_12_nested_repositories_and_submodules_run_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    root = repository(tmp_path / "shop")
    nested = booby_trapped(root / "vendor" / "nested", marker, {"cart.py": "X = 1\n"})
    inner = booby_trapped(nested / "deeper", marker, {"a.py": "Y = 1\n"})
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{git(nested, 'rev-parse', 'HEAD').strip()},vendor/sub")
    shutil.copytree(nested, root / "vendor" / "sub")
    trap(root / "vendor" / "sub", marker)
    (root / ".gitmodules").write_text(
        '[submodule "vendor/sub"]\n\tpath = vendor/sub\n\turl = ext::sh -c "touch '
        + str(marker)
        + '"\n\tupdate = !touch '
        f'{marker}\n[submodule "evil"]\n\tpath = ../../x\n\turl = -u./payload\n'
    )
    git(root, "add", ".gitmodules")
    marker.unlink(missing_ok=True)
    for repo in (nested, inner):
        (repo / "dirty.py").write_text("Z = 1\n")
        assert sprung(repo, marker)
    async with opened(root) as workspace:
        await use_every_tool(workspace)
        listed = (await workspace.list("", 99)).items
        assert "vendor/nested/cart.py" in listed
        await workspace.write([("vendor/nested/cart.py", "X = 2\n")])
        assert b"vendor/nested/cart.py" in await workspace.patch()
    assert not marker.exists(), marker.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
async def test_row_34_a_strangers_repository_is_worked_on_and_trusted_with_nothing(tmp_path: Path) -> None:
    marker, home = tmp_path / "marker", tmp_path / "home"
    home.mkdir()
    root = booby_trapped(tmp_path / "shop", marker)
    for path in [root, *root.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    assert "dubious ownership" in by_hand(root, "status", environment=environment)
    async with opened(root, environment=environment) as workspace:
        await use_every_tool(workspace)
    assert not marker.exists()
    assert list(home.iterdir()) == [], "nothing is written to the user's own configuration"
