"""Isolation with real processes: as root and as an ordinary user, and what is left where the machine refuses things."""

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.adapters.conftest import needs

from patchwire.adapters import state
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot

SERVER = Path(__file__).parents[2] / "server"
ORDINARY = "nobody"
PYTHON = "/usr/bin/python3"
NO_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'


def doctor(*before: str, environment: dict[str, str], python: str = sys.executable) -> dict[str, object]:
    done = subprocess.run(
        [*before, python, "-m", "patchwire", "doctor", "--json"],
        env=environment | {"PYTHONPATH": str(SERVER)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in {0, 1}, done.stderr
    found: dict[str, object] = json.loads(done.stdout)["isolation"]
    return found


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


def test_where_namespaces_are_refused_it_is_a_copy_and_the_cure_is_told(environment: dict[str, str]) -> None:
    needs("overlay")
    found = doctor("unshare", "-Ur", "sh", "-c", NO_NAMESPACES, "sh", environment=environment)
    assert found["best"] == "copy"
    assert found["cure"] == "sudo sysctl -w user.max_user_namespaces=28633"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount over /tmp for a while")
def test_where_no_file_system_takes_a_layer_it_is_bind(environment: dict[str, str], tmp_path: Path) -> None:
    needs("overlay")
    # An overlay's own layer cannot lie on an overlay: so one is put over every place that there is.
    mounts = "".join(
        f"mount -t tmpfs none {name} && mkdir {name}/l {name}/u {name}/w && "
        f"mount -t overlay none -o lowerdir={name}/l,upperdir={name}/u,workdir={name}/w {name} && "
        for name in ("/var/tmp", "/dev/shm", "/tmp")
    )
    found = doctor(
        "unshare", "-m", "sh", "-c", mounts + 'exec "$@"', "sh",
        environment=environment | {"XDG_STATE_HOME": "/tmp/state"},
    )  # fmt: skip
    assert found["best"] == "bind", found


def run_as(user: str, words: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    entry = pwd.getpwnam(user)
    return subprocess.run(
        words, env=environment, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


TASK = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, {server!r})
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot

async def work(level):
    wish = Wish(level)
    async with await open_workspace(Snapshot(Path({root!r})), test_command="sh check.sh", wish=wish) as workspace:
        await workspace.write([("a.txt", "patched\\n")])
        report = await workspace.run_tests(TestRun())
        return [report.exit_code, report.output, report.note, workspace.isolation.level]

print(json.dumps([asyncio.run(work(level)) for level in ("overlay", "bind", "copy")]))
"""
CHECK = """
cat a.txt; id -u
echo litter > litter.txt; echo x > a.txt
echo x > .git/config && echo GIT-WRITTEN
ls $HOME/secret && echo HOME-SEEN
true
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_an_ordinary_user_has_every_level(tmp_path: Path) -> None:
    needs("overlay")
    if (
        not Path(PYTHON).exists()
        or subprocess.run([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False).returncode
    ):
        pytest.skip("an ordinary user needs a Python of the system's")
    entry = pwd.getpwnam(ORDINARY)
    place = Path("/var/tmp") / f"patchwire-ordinary-{os.getpid()}"  # tmp_path is root's own
    root, home = place / "tree", place / "home"
    try:
        for directory in (place, root, home, root / ".git"):
            directory.mkdir(mode=0o755)
        (root / "a.txt").write_text("original\n")
        (root / "check.sh").write_text(CHECK)
        (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        (home / "secret").write_text("s")
        server = place / "server"
        shutil.copytree(SERVER / "patchwire", server / "patchwire")
        packages = place / "packages"
        shutil.copytree(Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages", packages)
        for path in (place, *place.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
        environment = {"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": str(packages)}
        done = run_as(ORDINARY, [PYTHON, "-c", TASK.format(server=str(server), root=str(root))], environment)
        assert done.returncode == 0, done.stderr
        overlay, bind, copy = json.loads(done.stdout)
        for exit_code, output, note, _ in (overlay, bind):
            assert (exit_code, note) == (0, ""), output
            assert output.startswith(f"patched\n{entry.pw_uid}\n")
            assert "GIT-WRITTEN" not in output
            assert "HOME-SEEN" not in output
        assert copy[1].startswith(f"patched\n{entry.pw_uid}\n")
        assert (root / "a.txt").read_text() == "original\n"
        assert not (root / "litter.txt").exists()
        assert sorted(path.name for path in (root / ".git").iterdir()) == ["HEAD"]
    finally:
        shutil.rmtree(place, ignore_errors=True)


KILLED = """
import asyncio, sys
from pathlib import Path
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.ports import Candidate, TestRun
from patchwire.task import Snapshot

async def work(root, level, marks):
    test = f"sh -c 'setsid sleep 1234 & (setsid sleep 1234 &) ; touch {marks}/started; exec sleep 1234'"
    from patchwire.settings import Grants
    wish = Wish(level, grants=Grants(writable=(Path(marks),)))
    workspace = await open_workspace(Snapshot(Path(root)), test_command=test, wish=wish)
    await workspace.write([("a.txt", "patched\\n"), ("new.txt", "new\\n")])
    await workspace.run_tests(TestRun())

asyncio.run(work(*sys.argv[1:]))
"""


@pytest.mark.parametrize("level", ["overlay", "bind", "copy"])
def test_killed_it_leaves_no_process_no_mount_and_no_change(tmp_path: Path, level: str) -> None:
    needs(level)
    root, marks = tmp_path / "tree", tmp_path / "marks"
    for directory in (root, marks):
        directory.mkdir()
    (root / "a.txt").write_text("original\n")
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")}
    before = Path("/proc/self/mountinfo").read_text()
    process = subprocess.Popen([sys.executable, "-c", KILLED, root, level, marks], env=environment)
    deadline = time.monotonic() + 60
    while not (marks / "started").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    held = f"{tmp_path}".encode()
    process.kill()
    process.wait()
    while left := processes_with(held):
        assert time.monotonic() < deadline, left
        time.sleep(0.01)
    assert Path("/proc/self/mountinfo").read_text() == before
    assert (root / "a.txt").read_text() == "original\n"
    assert [path.name for path in root.iterdir()] == ["a.txt"]
    workspaces = tmp_path / "state" / "patchwire" / "workspaces"
    assert len(list(workspaces.iterdir())) == 1
    state.sweep(workspaces)
    assert not list(workspaces.iterdir())


def processes_with(text: bytes) -> list[int]:
    """The processes, apart from this one, whose arguments or environment hold a text."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            said = (directory / "cmdline").read_bytes() + (directory / "environ").read_bytes()
        except OSError:
            continue
        if text in said and int(directory.name) != os.getpid():
            found.append(int(directory.name))
    return found


async def test_two_sessions_on_one_tree_do_not_meet(tmp_path: Path) -> None:
    needs("overlay")
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a.txt").write_text("original\n")
    snapshot, show = Snapshot(root), "sh -c 'cat a.txt; ls'"
    async with (
        await open_workspace(snapshot, test_command=show, wish=Wish("overlay")) as one,
        await open_workspace(snapshot, test_command=show, wish=Wish("overlay")) as two,
    ):
        await one.write([("a.txt", "one\n"), ("one.txt", "")])
        await two.write([("a.txt", "two\n")])
        reports = await asyncio.gather(one.run_tests(TestRun()), two.run_tests(TestRun()))
        assert [report.output for report in reports] == ["one\na.txt\none.txt\n", "two\na.txt\n"]


def test_what_is_required_and_not_to_be_had_is_exit_3(environment: dict[str, str], tmp_path: Path) -> None:
    needs("overlay")
    (tmp_path / "test_a.py").write_text("def test_a(): assert 0\n")
    words = ["-m", "patchwire", "run", "--offline", "--json", "--require-isolation", "bind", "--repo", tmp_path]
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", NO_NAMESPACES, "sh", sys.executable, *words],
        env=environment | {"PYTHONPATH": str(SERVER)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "the isolation bind is required and not to be had" in json.loads(done.stdout)["message"]
