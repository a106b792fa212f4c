"""What a process in the sandbox sees, and what it can reach: asked of real ones."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.adapters.conftest import needs

from patchwire.adapters import sandbox_probe
from patchwire.adapters.process import Finished, Program
from patchwire.adapters.sandbox import Sandbox, held, limits
from patchwire.errors import WorkspaceError
from patchwire.settings import NO_GRANTS, Grants


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    needs("bind")
    for name in ("tree", "private", "tmp", "home/.pyenv", "home/.ssh", "state"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "tree" / "a").write_text("a")
    (tmp_path / "home" / ".ssh" / "id").write_text("key")
    (tmp_path / "home" / ".pyenv" / "tool").write_text("tool")
    (tmp_path / "state" / "journal").write_text("journal")
    return tmp_path


def seen(tree: Path, command: str, grants: Grants = NO_GRANTS) -> Finished:
    bwrap = sandbox_probe.probe().bwrap
    assert bwrap is not None
    home = {"HOME": str(tree / "home"), "PATH": os.defpath}
    sandbox = Sandbox(bwrap, tree / "tree", home, (tree / "state",), grants)
    confinement = sandbox.around(private=tree / "private", temporary=tree / "tmp")
    program = Program(["/bin/sh", "-c", command], cwd=tree / "tree", environment=home, confinement=confinement)
    return program.wait(20)


def test_the_tree_and_tmp_are_writable_and_nothing_else(tree: Path) -> None:
    ended = seen(
        tree,
        "pwd; cat a; echo b > b; touch /tmp/x; cat ~/.pyenv/tool; "
        f"for f in /etc/x /usr/x ~/.pyenv/x .git .git/config; do touch $f 2>/dev/null && echo wrote $f; done; "
        f"touch {tree}/x; ls ~/.ssh {tree}/state/journal /run/* 2>/dev/null",
    )
    assert ended.output == f"{tree}/tree\natool"
    assert (tree / "tree" / "b").read_text() == "b\n"
    assert (tree / "tmp" / "x").exists()
    assert not (tree / "x").exists()
    assert not list((tree / "tree" / ".git").iterdir())


def test_git_is_read_only(tree: Path) -> None:
    (tree / "tree" / ".git").mkdir()
    (tree / "tree" / ".git" / "config").write_text("mine")
    seen(tree, "echo x > .git/config; mkdir .git/hooks; rm -rf .git; mv .git away")
    assert [path.name for path in (tree / "tree" / ".git").iterdir()] == ["config"]
    assert (tree / "tree" / ".git" / "config").read_text() == "mine"


def test_a_linked_worktree_has_its_repository_to_read_and_no_other_place(tree: Path) -> None:
    main = tree / "home" / "main" / ".git"
    own = main / "worktrees" / "tree"
    own.mkdir(parents=True)
    (main / "HEAD").write_text("head")
    git = tree / "tree" / ".git"
    (own / "gitdir").write_text(f"{git}\n")
    git.write_text(f"gitdir: {own}\n")
    look = "cat ~/main/.git/HEAD ~/.ssh/id 2>/dev/null; touch ~/main/.git/x 2>/dev/null && echo wrote; true"
    assert seen(tree, look).output == "head"
    (own / "gitdir").write_text(os.path.relpath(git, own))
    assert seen(tree, look).output == "head"
    for places in ([tree / "home" / ".ssh"], [tree / "home" / ".ssh" / "id"], [own.parent], [own, tree / "a"]):
        git.write_text(f"gitdir: {places[0]}\n")
        (own / "gitdir").write_text(str(places[-1]))
        assert seen(tree, look).output == "", places
    git.write_bytes(b"\xff\0")
    assert seen(tree, look).output == ""


def test_there_is_no_network_but_its_own_loopback(tree: Path) -> None:
    code = (
        "import socket\n"
        "own = socket.create_server(('127.0.0.1', 0)); socket.create_connection(own.getsockname()); print('own')\n"
        "try: socket.create_connection(('127.0.0.1', PORT), 2); print('theirs')\n"
        "except OSError: pass\n"
        "try: socket.create_connection(('192.0.2.1', 9), 2); print('outside')\n"
        "except OSError as error: print(error.errno)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tree / "tree" / "net.py").write_text(code.replace("PORT", str(server.getsockname()[1])))
        assert seen(tree, "/usr/bin/python3 net.py").output.split() == ["own", "101"]
        assert "theirs" in seen(tree, "/usr/bin/python3 net.py", Grants(network=True)).output


def test_paths_can_be_granted_but_not_the_trees_own_git(tree: Path) -> None:
    (tree / "tree" / ".git").mkdir()
    out = tree / "out"
    out.mkdir()
    grants = Grants(readable=(tree / "home" / ".ssh",), writable=(out,))
    ended = seen(tree, f"cat ~/.ssh/id; echo x > ~/.ssh/id; echo x > {out}/x", grants)
    assert ended.output.startswith("key")
    assert (tree / "home" / ".ssh" / "id").read_text() == "key"
    assert (out / "x").exists()
    seen(tree, "touch .git/x ../x", Grants(writable=(tree,)))
    assert (tree / "x").exists()
    assert not (tree / "tree" / ".git" / "x").exists()


def test_it_is_us_and_without_any_right(tree: Path) -> None:
    assert seen(tree, "id -u; grep CapEff /proc/self/status").output.split() == [
        str(os.geteuid()), "CapEff:", "0000000000000000",
    ]  # fmt: skip


def test_limits_hold(tree: Path) -> None:
    ended = seen(tree, "ulimit -f; ulimit -c; ulimit -d")
    blocks, core, data = ended.output.split()
    assert (int(blocks) * 512, core, int(data) * 1024) == (4 * 2**30, "0", dict(limits())["DATA"] // 1024 * 1024)
    assert "GiB" in held()


@pytest.mark.skipif(os.geteuid() == 0, reason="no limit of processes holds for root")
def test_so_many_processes_and_no_more(tree: Path) -> None:
    bwrap = sandbox_probe.probe().bwrap
    assert bwrap is not None
    confinement = Sandbox(bwrap, tree / "tree", {}).around(private=tree / "private", temporary=tree / "tmp")
    bomb = "for n in $(seq 200); do sleep 100 & done; echo all"
    program = Program(
        ["/bin/sh", "-c", bomb],
        cwd=tree,
        environment={"PATH": os.defpath},
        confinement=replace(confinement, limits=(("NPROC", 100),)),
    )
    assert "all" not in program.wait(20).output


def test_what_cannot_be_started_is_said(tree: Path) -> None:
    bwrap = sandbox_probe.probe().bwrap
    assert bwrap is not None
    confinement = Sandbox(bwrap, tree / "tree", {}).around(private=tree / "private", temporary=tree / "tmp")
    program = Program(["/no/such/program"], cwd=tree, environment={}, confinement=confinement)
    with pytest.raises(WorkspaceError, match=r"cannot start /no/such/program: bwrap: .*No such file"):
        program.wait(20)
