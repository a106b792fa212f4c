"""Rows 8, 20 and 35 to 37 of docs/security.md: what a test can reach from the sandbox, and what there is without one.

Where this machine has no sandbox these are skipped and say so; what must hold without one is tested without one.
"""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.adapters.conftest import fingerprint as everything
from tests.cli.test_run import patchwire
from tests.security.hostile import ENVIRONMENT, opened
from tests.stage import BUGGY, PYTEST, fingerprint, repository

from patchwire.adapters import sandbox_probe, state
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.errors import WorkspaceError
from patchwire.ports import TestRun
from patchwire.task import Snapshot, TestReport

REASONS = dict(sandbox_probe.probe().reasons)
LEVELS = [
    pytest.param(level, marks=pytest.mark.skipif(level in REASONS, reason=f"{level}: {REASONS.get(level, '')}"))
    for level in ("overlay", "bind")
]


async def ran(root: Path, source: str, level: str) -> TestReport:
    """The report of a run of this test, and nothing of the tree changed by it."""
    (root / "test_reach.py").write_text(source)
    before = everything(root)
    workspace = await open_workspace(
        Snapshot(root), test_command=PYTEST, environment=ENVIRONMENT, wish=Wish(level=level)
    )
    try:
        assert workspace.isolation.level == level
        report = await workspace.run_tests(TestRun(targets=("test_reach.py",)))
    finally:
        await workspace.aclose()
    assert everything(root) == before
    return report


WRITES = """
import pathlib, pytest

@pytest.mark.parametrize("path", [".git/hooks/pre-commit", ".git/config", ".git/info/attributes", ".git/new", ".git"])
def test_write(path):
    try:
        target = pathlib.Path({root!r}, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a") as file:
            file.write("evil")
    except OSError as error:
        assert error.errno in (30, 21, 20, 17), error  # read-only, or something else is there
    else:
        assert False, f"{path} was written"
"""


@pytest.mark.parametrize("kind", ["a directory", "a file", "missing"])
@pytest.mark.parametrize("level", LEVELS)
async def test_row_08_a_test_cannot_write_into_git(tmp_path: Path, level: str, kind: str) -> None:
    root = repository(tmp_path / "shop")
    if kind == "a file":
        (root / ".git").rename(tmp_path / "elsewhere")
        (root / ".git").write_text(f"gitdir: {tmp_path / 'elsewhere'}\n")
    elif kind == "missing":
        (root / ".git").rename(tmp_path / "elsewhere")
    before = fingerprint(tmp_path / "elsewhere")
    report = await ran(root, WRITES.replace("{root!r}", repr(str(root))), level)
    assert (report.passed, report.failed) == (5, 0), report
    assert fingerprint(tmp_path / "elsewhere") == before
    assert (root / ".git").exists() is (kind != "missing")


async def test_row_08_nor_at_the_level_of_a_copy(tmp_path: Path) -> None:
    """There is no `.git` in a copy; the user's is out of the way, if not out of reach."""
    root = repository(tmp_path / "shop")
    source = "import os\n\ndef test():\n    os.mkdir('.git')\n    open('.git/config', 'w').write('x')\n"
    assert (await ran(root, source, "copy")).passed == 1


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine's loopback that somebody listens on: our own server, as it were."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def answer() -> None:
            server.settimeout(0.1)
            while not over.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


CONNECTS = """
import glob, os, socket, threading
import pytest

@pytest.mark.parametrize("where", [("1.1.1.1", 443), ("169.254.169.254", 80), ("8.8.8.8", 53), ("127.0.0.1", {port})])
def test_nothing_outside_is_reached(where):
    with pytest.raises(OSError):
        socket.create_connection(where, timeout=3).close()

def test_no_name_is_resolved():
    with pytest.raises(OSError):
        socket.getaddrinfo("example.com", 443)

SOCKETS = ["/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", {unix!r}, "/tmp/.X11-unix/X0"]
SOCKETS += glob.glob("/run/user/*/*") + glob.glob("/tmp/ssh-*/agent.*")

@pytest.mark.parametrize("path", SOCKETS)
def test_no_socket_of_the_machine_is_reached(path):
    with socket.socket(socket.AF_UNIX) as one, pytest.raises(OSError):
        one.connect(path)

def test_no_variable_names_one():
    assert not {{"SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"}} & set(os.environ)

def test_a_server_of_its_own_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].sendall(b"hello")).start()
        with socket.create_connection(server.getsockname(), timeout=3) as client:
            assert client.recv(5) == b"hello"
"""


@pytest.mark.parametrize("level", LEVELS)
async def test_row_20_the_sandbox_has_no_network_but_its_own(tmp_path: Path, level: str, listening: int) -> None:
    root = repository(tmp_path / "shop")
    unix = Path("/tmp") / f"patchwire-row20-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(unix))
        server.listen()
        try:
            report = await ran(root, CONNECTS.format(port=listening, unix=str(unix)), level)
        finally:
            unix.unlink()
    assert report.failed == report.errors == 0, report
    assert report.passed >= 11


async def test_row_35_a_missing_sandbox_is_named_and_can_be_insisted_on(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    empty = tmp_path / "bin"
    empty.mkdir()
    environment = {**ENVIRONMENT, "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9"}
    ended = await patchwire("--repo", str(root), "--isolation", "copy", "--require-isolation", "overlay", **environment)
    assert ended.code == 3, ended.err
    assert "the isolation overlay is required and not to be had" in ended.err
    assert fingerprint(root) == fingerprint(root)
    workspace = await open_workspace(Snapshot(root), environment=ENVIRONMENT, wish=Wish(level="copy"))
    try:
        assert workspace.isolation.level == "copy"
        assert "not a sandbox" in workspace.isolation.sentence
        assert not workspace.isolation.best
    finally:
        await workspace.aclose()


def test_row_36_a_state_directory_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    (tmp_path / "state").symlink_to(victim)
    with pytest.raises(WorkspaceError, match="is not a directory of yours"):
        state.private(tmp_path / "state")
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="not a directory of yours"):
        state.private(tmp_path / "file")
    if os.geteuid() == 0:
        (tmp_path / "theirs").mkdir()
        os.chown(tmp_path / "theirs", 12345, 12345)
        with pytest.raises(WorkspaceError, match="is not a directory of yours"):
            state.private(tmp_path / "theirs")
    (tmp_path / "open").mkdir(mode=0o777)
    assert stat.S_IMODE(state.private(tmp_path / "open").stat().st_mode) == 0o700
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("level", [*LEVELS, "copy"])
async def test_row_37_two_sessions_on_one_tree_do_not_meet(tmp_path: Path, level: str) -> None:
    root = repository(tmp_path / "shop", BUGGY)
    wish = Wish(level=level)
    one = await open_workspace(Snapshot(root), test_command=PYTEST, environment=ENVIRONMENT, wish=wish)
    two = await open_workspace(Snapshot(root), test_command=PYTEST, environment=ENVIRONMENT, wish=wish)
    try:
        await one.write([("cart.py", "ONE = 1\n"), ("one.py", "")])
        await two.write([("cart.py", "TWO = 2\n")])
        assert (await one.read("cart.py")).text == "ONE = 1\n"
        assert (await two.read("cart.py")).text == "TWO = 2\n"
        assert [change.path for change in await two.changes()] == ["cart.py"]
        assert "one.py" not in (await two.list("", 99)).items
        await one.run_tests(TestRun())
        assert (await two.run_tests(TestRun())).errors >= 1
    finally:
        await one.aclose()
        await two.aclose()
    assert (root / "cart.py").read_text() == BUGGY["cart.py"]
    assert opened
