"""A command of the model's: what it sees, and what of its writes is kept, at every level that runs commands."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.adapters.conftest import needs

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import IsolatedWorkspace, open_workspace
from patchwire.patch.model import FileChange, Kind
from patchwire.ports import CommandRun
from patchwire.settings import Grants
from patchwire.task import Snapshot


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.txt").write_text("a\n")
    (root / "b.txt").write_text("b\n")
    return root


@pytest.fixture(params=["overlay", "bind", "container"])
async def workspace(request: pytest.FixtureRequest, root: Path) -> AsyncIterator[IsolatedWorkspace]:
    needs(request.param)
    environment = {"PATH": os.defpath, "GRANTED": "yes", "OTHER": "no"}
    wish = Wish(request.param, grants=Grants(("GRANTED",)))
    async with await open_workspace(Snapshot(root), environment=environment, wish=wish) as workspace:
        yield workspace


async def run(workspace: IsolatedWorkspace, command: str, *, cwd: str = "", keep: bool = False) -> CommandRun:
    return await workspace.run_command(command, cwd=cwd, seconds=30.0, keep=keep)


async def test_it_runs_in_its_directory_and_sees_what_was_written(workspace: IsolatedWorkspace, root: Path) -> None:
    await workspace.write([("pkg/a.txt", "patched\n")])
    ended = await run(workspace, "cat a.txt ../b.txt; echo $GRANTED$OTHER; exit 3", cwd="pkg")
    assert (ended.exit_code, ended.output) == (3, "patched\nb\nyes\n")
    ended = await run(workspace, "echo x > b.txt; rm -r pkg; echo > new.txt")
    assert (ended.kept, ended.note) == ((), "")
    assert [change.path for change in await workspace.changes()] == ["pkg/a.txt"]
    assert (root / "b.txt").read_text() == "b\n"


async def test_what_it_wrote_is_kept_where_it_may_be(workspace: IsolatedWorkspace, root: Path) -> None:
    command = (
        "echo more >> b.txt; rm -r pkg; mkdir -p deep/down; printf '\\377' > deep/down/x.bin; echo > run.sh; "
        "chmod +x run.sh; mkdir -p __pycache__; echo > __pycache__/x.pyc; ln -s /etc/passwd link; echo K > .env"
    )
    ended = await run(workspace, command, keep=True)
    assert ended.exit_code == 0, ended.output
    assert ended.kept == ("b.txt", "deep/down/x.bin", "pkg/a.txt", "run.sh")
    assert "link" in ended.note
    assert ".env" in ended.note
    assert await workspace.changes() == (
        FileChange("b.txt", Kind.MODIFY, "b\n", "b\nmore\n"),
        FileChange("deep/down/x.bin", Kind.ADD, None, None),
        FileChange("pkg/a.txt", Kind.DELETE, "a\n", None),
        FileChange("run.sh", Kind.ADD, None, "\n", mode=0o100755),
    )
    assert b"new file mode 100755" in await workspace.patch()
    assert (root / "b.txt").read_text() == "b\n"
    assert (await run(workspace, "cat b.txt; ls deep/down; test -x run.sh && ls")).output.startswith("b\nmore\nx.bin\n")


async def test_too_much_is_not_kept_at_all(workspace: IsolatedWorkspace) -> None:
    ended = await run(workspace, "for n in $(seq 600); do echo > f$n; done", keep=True)
    assert (ended.kept, await workspace.changes()) == ((), ())
    assert ended.note.startswith("nothing was kept: the command wrote more than 500 files")


async def test_it_is_ended_in_time(workspace: IsolatedWorkspace) -> None:
    ended = await workspace.run_command("sleep 60", cwd="", seconds=0.5, keep=False)
    assert ended.timed_out
    assert ended.seconds < 15
