"""Rows 1 to 7, 32 and 33 of docs/security.md: no path leads out, and no name is taken for an option."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.adapters.conftest import fingerprint as everything
from tests.security.hostile import CANARY, ENVIRONMENT, PATHS_OUT, opened
from tests.security.races import swapping
from tests.stage import BUGGY, fingerprint, perform, repository

import patchwire
from patchwire.adapters.paths import Roots
from patchwire.adapters.tree import accept
from patchwire.errors import PatchwireError, ToolError
from patchwire.loopback.play import call, say
from patchwire.patch.model import FileChange, Kind
from patchwire.ports import TestRun
from patchwire.task import Verdict


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(CANARY)
    return repository(tmp_path / "shop")


async def test_row_01_no_path_leads_out_or_into_git(root: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    acts = [
        call("write_patch", patch=f"*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n") for path in PATHS_OUT
    ]
    done = await perform(root, acts, say("No way."), prompt="Write there.")
    assert all(output.startswith("Error: ") for output in done.outputs())
    assert done.outcome.changes == ()
    async with opened(root) as workspace:
        for path in PATHS_OUT:
            with pytest.raises(ToolError):
                await workspace.write([("cart.py", "x"), (path, "x")])
            with pytest.raises(ToolError):
                await workspace.read(path)
        assert await workspace.changes() == ()
    for path in PATHS_OUT:
        with pytest.raises(PatchwireError):
            accept(root, [FileChange("new.py", Kind.ADD, None, "x"), FileChange(path, Kind.ADD, None, "x")])
    assert everything(tmp_path) == before


async def test_row_02_no_directory_that_is_a_link_is_written_through(root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path / "outside")
    before = everything(tmp_path)
    async with opened(root) as workspace:
        for path in ("out/new.txt", "out/secret.txt"):
            with pytest.raises(ToolError, match="leads outside"):
                await workspace.write([(path, "x")])
        with pytest.raises(ToolError, match="leads outside"):
            await workspace.read("out/secret.txt")
        assert (await workspace.search(CANARY, "", ignore_case=False, limit=9)).items == ()
    with pytest.raises(PatchwireError, match="symbolic link"):
        accept(root, [FileChange("out/new.txt", Kind.ADD, None, "x")])
    assert everything(tmp_path) == before


async def test_row_03_a_link_that_a_test_leaves_is_not_followed_by_us(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "outside"
    (root / "pkg").mkdir()
    (root / "pkg" / "secret.txt").write_text("ours")
    (root / "test_evil.py").write_text(
        "import os, pathlib, shutil\n\ndef test_evil():\n"
        f"    for name in ('d', 'pkg'):\n        shutil.rmtree(name, ignore_errors=True)\n"
        f"        os.symlink({str(home)!r}, name)\n"
    )
    before = everything(home)
    async with opened(root) as workspace:
        await workspace.run_tests(TestRun())
        for path in ("d/new.txt", "d/secret.txt", "pkg/secret.txt", "pkg/new.txt"):
            try:
                await workspace.write([(path, "owned")])
            except ToolError:
                continue  # refused; where the run's layer was thrown away, it lands in our own
        for path in ("d/secret.txt", "pkg/secret.txt"):
            try:
                assert CANARY not in (await workspace.read(path)).text
            except ToolError:
                continue
        assert (await workspace.search(CANARY, "", ignore_case=False, limit=9)).items == ()
    assert everything(home) == before


def test_row_04_no_race_of_a_thousand_writes_is_lost(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / "pkg").mkdir(parents=True)
    outside.mkdir()
    accepted = refused = 0
    with swapping(tree / "pkg", outside):
        while accepted + refused < 1000 or not (accepted and refused):
            try:
                accept(tree, [FileChange(f"pkg/f{accepted + refused}", Kind.ADD, None, "x")])
                accepted += 1
            except PatchwireError:
                refused += 1
    assert list(outside.iterdir()) == []


async def test_row_05_what_is_no_file_of_the_tree_is_not_read(root: Path) -> None:
    for name, to in {
        "shadow": "/etc/shadow", "key": "/root/.ssh/id_rsa", "environ": "/proc/self/environ", "zero": "/dev/zero",
        "loop": "loop",
    }.items():  # fmt: skip
        (root / name).symlink_to(to)
    os.mkfifo(root / "pipe")
    with (root / "sparse.txt").open("wb") as file:
        file.truncate(1024**3)
    async with opened(root) as workspace:
        for name in ("shadow", "key", "environ", "zero", "loop", "pipe", "sparse.txt"):
            with pytest.raises(ToolError):
                await workspace.read(name)
        # Also where a test has put them into the copy itself.
        tree = Path(workspace._level.roots.root)  # type: ignore[attr-defined]  # of the adapter, not of the port
        os.mkfifo(tree / "pipe2")
        with (tree / "huge").open("wb") as file:
            file.truncate(10 * 1024**3)
        for name, why in {"pipe2": "not a regular file", "huge": "too large"}.items():
            with pytest.raises(ToolError, match=why):
                await workspace.read(name)


async def test_row_06_no_directory_outside_is_a_place_to_run_in(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside" / "test_out.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n\ndef test(): pass\n")
    async with opened(root) as workspace:
        for target in (
            str(tmp_path / "outside"),
            "../outside",
            "../outside/test_out.py::test",
            "/",
            ".git",
            "~/x/../..",
        ):
            with pytest.raises(ToolError):
                await workspace.run_tests(TestRun(targets=(target,)))
        for cwd in (str(tmp_path / "outside"), "..", "/", ".git", "a/../.."):
            with pytest.raises(ToolError):
                await workspace.run_command("touch ../outside/ran", cwd=cwd, seconds=5, keep=False)
    assert not (tmp_path / "ran").exists()


DENIED = """
import os, sys
from pathlib import Path
from patchwire.adapters.paths import Roots
from patchwire.adapters import beneath
from patchwire.errors import ToolError

if os.geteuid() == 0:  # nothing is denied to root
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
root = Path(sys.argv[1])
try:
    Roots(root, root).locate("locked/x/y")
except ToolError as error:
    print(error)
try:
    beneath.read(root, "locked/x", 10)
except OSError as error:
    print(error.strerror)
"""


def test_row_07_what_cannot_be_made_out_is_denied(root: Path, tmp_path: Path) -> None:
    roots = Roots(root.resolve(), root)
    (root / "loop").symlink_to("loop")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    for path in ("loop", "loop/x", "a/x", "x" * 300, "/".join(["x"] * 3000), "\ud800"):
        with pytest.raises(ToolError):
            roots.locate(path)
    (root / "locked" / "x").mkdir(parents=True)
    tmp_path.chmod(0o755)
    for directory in list(tmp_path.parents)[:2]:
        directory.chmod(0o755)
    (root / "locked").chmod(0)
    try:
        server = Path(patchwire.__file__).parent.parent
        command = [sys.executable, "-c", DENIED, root]
        done = subprocess.run(command, env={"PYTHONPATH": str(server)}, capture_output=True, text=True, check=True)
    finally:
        (root / "locked").chmod(0o755)
    assert done.stdout.splitlines() == ["locked/x/y cannot be reached: permission denied", "Permission denied"]


ODD_NAMES = (
    *("new\nline.py", 'quo"te.py', "--output=x", "-rf", ":(exclude)cart.py", ":(glob)**", "*.py", "[a].py", "a b.py"),
    *("tab\there.py", "$(touch x).py", "`touch x`.py", "; touch x", "é.py", "back\\slash.py"),
)


async def test_row_32_odd_names_are_names_and_nothing_else(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**BUGGY, **dict.fromkeys(ODD_NAMES, f"# {CANARY}\n")}
    root = repository(tmp_path / "shop", files, commit=False)
    (root / os.fsdecode(b"latin\xe9.py")).write_text(f"# {CANARY}\n")
    before = fingerprint(root)
    async with opened(root) as workspace:
        listed = set((await workspace.list("", 99)).items)
        assert set(ODD_NAMES) <= listed
        for name in ODD_NAMES:
            assert CANARY in (await workspace.read(name)).text
            hits = await workspace.search(CANARY, name, ignore_case=False, limit=99)
            assert [hit.path for hit in hits.items] == [name]
        hits = await workspace.search(CANARY, "", ignore_case=False, limit=99)
        assert len(hits.items) == len(ODD_NAMES) + 1
        await workspace.write([(name, "changed\n") for name in ODD_NAMES])
        assert {change.path for change in await workspace.changes()} == set(ODD_NAMES)
        assert (await workspace.patch()).count(b"diff --git") == len(ODD_NAMES)
        accept(root, await workspace.changes())
    changed = {name for name, digest in fingerprint(root).items() if before.get(name) != digest}
    assert changed == set(ODD_NAMES)


async def test_row_33_no_text_of_the_model_becomes_an_option(root: Path, tmp_path: Path) -> None:
    evil = f"--output={tmp_path}/ran"
    acts = [
        call("search", pattern=evil, path=None, ignore_case=False),
        call("search", pattern=f"-O{tmp_path}/evil", path=None, ignore_case=False),
        call("search", pattern="x", path="--upload-pack=touch ran", ignore_case=False),
        call("search", pattern="total", path="-h", ignore_case=False),
        call("list_files", path="--help"),
        call("read_file", path="-h", start_line=None, end_line=None),
        call("run_tests", targets=["--rootdir=/", "-p", "evil", f"--junitxml={tmp_path}/ran"], trace=False),
        call("run_tests", targets=[f"-oaddopts=--basetemp={tmp_path}/ran"], trace=False),
    ]
    await perform(root, acts, say("No."), prompt="Look.")
    assert not (tmp_path / "ran").exists()
    async with opened(root) as workspace:
        report = await workspace.run_tests(TestRun(targets=("--co",)))
    assert report.verdict is not Verdict.PASSED
    assert ENVIRONMENT["PATH"]
