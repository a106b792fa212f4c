"""Difficult trees, copied and laid over; the user's own tree is the same to the last byte and time afterwards."""

import asyncio
import compileall
import os
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, Tree, apply_patch, fingerprint, git, needs

from patchwire.adapters import state
from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import IsolatedWorkspace, open_workspace
from patchwire.errors import SettingsError, ToolError, WorkspaceError
from patchwire.patch.model import Kind
from patchwire.ports import TestRun
from patchwire.task import Buffer, Snapshot, Verdict

PASSING = "def test_ok(): pass\n"


LEVEL = "LEVEL_UNDER_TEST"


@pytest.fixture(params=["overlay", "copy"])
def environment(request: pytest.FixtureRequest, environment: dict[str, str]) -> dict[str, str]:
    needs(request.param)
    return environment | {LEVEL: request.param}


async def opened(root: Path, environment: dict[str, str], *buffers: Buffer, test: str = LEAN) -> IsolatedWorkspace:
    wish = Wish(environment[LEVEL])
    return await open_workspace(Snapshot(root, buffers), test_command=test, environment=environment, wish=wish)


def copy_of(workspace: IsolatedWorkspace) -> Path | None:
    """Where the copy is, if there is one."""
    return next((workspace.private / "copy").iterdir()) if workspace.isolation.level == "copy" else None


async def names(workspace: IsolatedWorkspace) -> set[str]:
    return set((await workspace.list("", 1000)).items)


async def test_a_dirty_tree_is_copied_as_it_is_and_left_as_it_was(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({"a.py": "A = 1\n", "b.py": "B = 1\n", "gone.py": "", "staged.py": "", "test_a.py": PASSING})
    (root / "a.py").write_text("A = 2\n")
    (root / "staged.py").write_text("S = 1\n")
    git(root, "add", "staged.py")
    (root / "gone.py").unlink()
    (root / "untracked.py").write_text("U = 1\n")
    git(root, "worktree", "list")
    before = fingerprint(root)
    async with await opened(root, environment) as workspace:
        assert await names(workspace) == {"a.py", "b.py", "staged.py", "test_a.py", "untracked.py"}
        await workspace.write(
            [("a.py", "A = 3\n"), ("untracked.py", "U = 2\n"), ("new/c.py", "C = 1\n"), ("b.py", None)]
        )
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
        await workspace.search("A", "", ignore_case=False, limit=5)
        patch = await workspace.patch()
    assert fingerprint(root) == before
    apply_patch(root, patch)
    assert (root / "a.py").read_text() == "A = 3\n"
    assert (root / "new" / "c.py").read_text() == "C = 1\n"
    assert not (root / "b.py").exists()


@pytest.mark.parametrize(("repository", "commit"), [(False, False), (True, False)], ids=["no git", "no commit"])
async def test_a_tree_needs_no_commit_and_no_git(
    tree: Tree, environment: dict[str, str], repository: bool, commit: bool
) -> None:
    root = tree(
        {"a.py": "A = 1\n", "node_modules/x.js": "", ".venv/pyvenv.cfg": "", "env/pyvenv.cfg": "", "__pycache__/x": ""},
        repository=repository,
        commit=commit,
    )
    before = fingerprint(root)
    async with await opened(root, environment) as workspace:
        assert await names(workspace) == {"a.py"}
        await workspace.write([("a.py", "A = 2\n")])
        patch = await workspace.patch()
    assert fingerprint(root) == before
    apply_patch(root, patch)
    assert (root / "a.py").read_text() == "A = 2\n"


async def test_ignored_files_are_there_for_tests_but_not_listed(tree: Tree, environment: dict[str, str]) -> None:
    files = {
        ".gitignore": "_version.py\nbuild/\nhuge.bin\n.venv/\n",
        "_version.py": "V = 1\n",
        "build/lib/made.txt": "made\n",
        ".venv/lib/big.py": "x\n",
        "test_a.py": "from pathlib import Path\nfrom _version import V\n\n"
        "def test_a(): assert V == 1 and Path('build/lib/made.txt').exists()\n",
    }
    root = tree(files)
    with (root / "huge.bin").open("wb") as huge:
        huge.truncate(17 * 1024 * 1024)
    async with await opened(root, environment) as workspace:
        assert await names(workspace) == {".gitignore", "test_a.py"}
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
        assert (await workspace.search("^made", "", ignore_case=False, limit=5)).items == ()
        with pytest.raises(ToolError):
            await workspace.read("huge.bin")


async def test_a_directory_inside_an_ignoring_repository_is_a_tree_of_its_own(
    tree: Tree, environment: dict[str, str]
) -> None:
    outer = tree({".gitignore": "scratch/\n", "outer.py": ""})
    (outer / "scratch").mkdir()
    (outer / "scratch" / "a.py").write_text("")
    async with await opened(outer / "scratch", environment) as workspace:
        assert await names(workspace) == {"a.py"}


async def test_a_part_of_a_repository_and_what_is_nested_in_it(tree: Tree, environment: dict[str, str]) -> None:
    outer = tree({"top.py": "", "part/a.py": ""})
    nested = outer / "part" / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    (nested / "n.py").write_text("")
    async with await opened(outer / "part", environment) as workspace:
        assert await names(workspace) == {"a.py", "nested/n.py"}
        if (copy := copy_of(workspace)) is not None:
            assert not list(copy.rglob(".git"))


async def test_a_bare_repository_has_no_files_to_work_on(tmp_path: Path, environment: dict[str, str]) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(WorkspaceError, match="bare git repository"):
        await opened(tmp_path / "bare.git", environment)


async def test_what_cannot_be_opened_leaves_nothing_behind(tree: Tree, environment: dict[str, str]) -> None:
    with pytest.raises(WorkspaceError, match="is not a directory"):
        await opened(Path("/no/such/tree"), environment)
    root = tree({"a.py": ""})
    with pytest.raises(SettingsError):
        await opened(root, environment, test="a && b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_may_not_be_read_hides_nothing_else(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({"a.py": "", "closed/b.py": "", "no.py": "", "z.py": ""}, repository=False)
    (root / "closed").chmod(0)
    (root / "no.py").chmod(0)
    try:
        async with await opened(root, environment) as workspace:
            assert await names(workspace) - {"no.py"} == {"a.py", "z.py"}, "a name alone may be seen"
            assert (await workspace.read("a.py")).text == ""
            with pytest.raises(ToolError, match=r"no\.py"):
                await workspace.read("no.py")
            assert (await workspace.search("x", "", ignore_case=False, limit=9)).items == ()
        root.chmod(0)
        with pytest.raises(WorkspaceError, match="Permission denied"):
            await opened(root, environment)
    finally:
        root.chmod(0o700)
        (root / "closed").chmod(0o700)


async def test_nothing_that_the_repository_names_is_run(
    tree: Tree, environment: dict[str, str], tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    root = tree({".gitattributes": "*.py filter=evil diff=evil\n", "a.py": "A = 1\n"})
    evil = f"sh -c 'echo ran >> {marker}; cat'"
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "core.pager"):
        git(root, "config", key, evil)
    hook = root / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\necho ran >> {marker}\n")
    hook.chmod(0o755)
    async with await opened(root, environment) as workspace:
        await workspace.write([("a.py", "A = 2\n")])
        await workspace.search("A", "", ignore_case=False, limit=5)
        assert b"+A = 2" in await workspace.patch()
    assert not marker.exists()


async def test_git_is_not_led_astray_by_the_environment(
    tree: Tree, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree({"a.py": "A = 1\n"})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / ".git" / "index"))
    before = fingerprint(root)
    async with await opened(root, environment) as workspace:
        await workspace.write([("a.py", "A = 2\n")])
        assert b"+A = 2" in await workspace.patch()
        assert len((await workspace.search("A", "", ignore_case=False, limit=5)).items) == 1
    assert fingerprint(root) == before


async def test_bytes_of_every_kind_survive(tree: Tree, environment: dict[str, str]) -> None:
    contents: dict[str, str | bytes] = {
        "crlf.txt": b"one\r\ntwo\r\nthree\r\n",
        "latin.txt": b"caf\xe9\n",
        "binary.bin": bytes(range(256)) * 10,
        "large.txt": b"x" * 79 + b"\n" + b"y" * 5_000_000,
        "näme with spaces\tand tab.txt": "ünïcode\n",
        "no-end": "no end of line",
        "run.sh": "#!/bin/sh\n",
    }
    root = tree(contents)
    (root / "run.sh").chmod(0o755)
    async with await opened(root, environment) as workspace:
        assert await names(workspace) == set(contents)
        for path, content in contents.items():
            if (copy := copy_of(workspace)) is not None:
                assert (copy / path).read_bytes() == (content.encode() if isinstance(content, str) else content)
                assert (copy / path).stat().st_mtime_ns == (root / path).stat().st_mtime_ns
        for path, why in (("binary.bin", "binary"), ("latin.txt", "UTF-8"), ("large.txt", "too large")):
            with pytest.raises(ToolError, match=why):
                await workspace.read(path)
        await workspace.write(
            [
                ("crlf.txt", "one\r\n2\r\nthree\r\n"),
                ("no-end", "still no end"),
                ("run.sh", "#!/bin/sh\nexit\n"),
                ("näme with spaces\tand tab.txt", "grüße\n"),
                ("binary.bin", "text now\n"),
            ]
        )
        changes = {change.path: change for change in await workspace.changes()}
        assert (changes["binary.bin"].kind, changes["binary.bin"].before) == (Kind.MODIFY, None)
        patch = await workspace.patch()
    assert b"-two\r\n+2\r\n" in patch
    apply_patch(root, patch)
    assert (root / "crlf.txt").read_bytes() == b"one\r\n2\r\nthree\r\n"
    assert (root / "no-end").read_bytes() == b"still no end"
    assert (root / "binary.bin").read_bytes() == b"text now\n"
    assert os.access(root / "run.sh", os.X_OK)


async def test_links_stay_links_and_lead_nowhere_outside(
    tree: Tree, environment: dict[str, str], tmp_path: Path
) -> None:
    root = tree({"pkg/a.py": "A = 1\n"})
    secret = tmp_path / "secret.txt"
    secret.write_text("secret\n")
    (root / "out.txt").symlink_to(secret)
    (root / "outside").symlink_to(tmp_path)
    (root / "in").symlink_to("pkg")
    (root / "absolute.py").symlink_to(root / "pkg" / "a.py")
    async with await opened(root, environment) as workspace:
        for path in ("out.txt", "outside/secret.txt"):
            with pytest.raises(ToolError, match="symbolic link"):
                await workspace.read(path)
            with pytest.raises(ToolError, match="symbolic link"):
                await workspace.write([(path, "mine\n")])
        assert (await workspace.search("secret", "", ignore_case=False, limit=5)).items == ()
        await workspace.write([("in/a.py", "A = 2\n")])
        assert (await workspace.read("absolute.py")).text == "A = 2\n"
        assert [change.path for change in await workspace.changes()] == ["pkg/a.py"]
    assert secret.read_text() == "secret\n"
    assert (root / "pkg" / "a.py").read_text() == "A = 1\n"


async def test_what_is_no_file_is_neither_copied_nor_read(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({"a.py": ""}, repository=False)
    os.mkfifo(root / "pipe")
    async with await opened(root, environment) as workspace:
        assert await names(workspace) == {"a.py"}
        os.mkfifo((copy_of(workspace) or root) / "later")
        with pytest.raises(ToolError, match="not a regular file"):
            await workspace.read("later")
        with pytest.raises(ToolError, match="not a regular file"):
            await workspace.write([("later", "x")])


async def test_unsaved_buffers_are_the_truth(tree: Tree, environment: dict[str, str]) -> None:
    root = tree(
        {"a.py": "A = 1\n", "test_a.py": "from a import A\nfrom b import B\n\ndef test_a(): assert A == B == 2\n"}
    )
    buffers = (Buffer("a.py", "A = 2\n", 7), Buffer("b.py", "B = 2\n", 1))
    async with await opened(root, environment, *buffers) as workspace:
        assert (await workspace.read("a.py")).text == "A = 2\n"
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED
        assert await workspace.changes() == ()
        await workspace.write([("a.py", "A = 3\n")])
        assert (await workspace.changes())[0].before == "A = 2\n"
    assert (root / "a.py").read_text() == "A = 1\n"


async def test_only_our_writes_are_in_the_patch(tree: Tree, environment: dict[str, str]) -> None:
    litter = (
        "from pathlib import Path\n\n"
        "def test_litter():\n    for n in 'a.py', 'b.txt', 'c.txt': Path(n).write_text('X')\n"
    )
    root = tree({"a.py": "A = 1\n", "b.txt": "b\n", "test_a.py": litter})
    async with await opened(root, environment) as workspace:
        await workspace.write([("a.py", "A = 2\n")])
        await workspace.run_tests(TestRun())
        assert [change.path for change in await workspace.changes()] == ["a.py"]
        assert (await workspace.read("a.py")).text == "A = 2\n"
        assert "c.txt" not in await names(workspace)
        assert b"+A = 2\n" in await workspace.patch()


async def test_an_edit_in_the_same_second_and_of_the_same_size_is_what_runs(
    tree: Tree, environment: dict[str, str]
) -> None:
    root = tree({"a.py": "A = 1\n", "test_a.py": "from a import A\n\ndef test_a(): assert A == 2\n"})
    compileall.compile_dir(root, quiet=1)
    async with await opened(root, environment) as workspace:
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.FAILED
        await workspace.write([("a.py", "A = 2\n")])
        if (copy := copy_of(workspace)) is not None:
            now = (root / "a.py").stat()
            os.utime(copy / "a.py", ns=(now.st_atime_ns, now.st_mtime_ns))
        assert (await workspace.run_tests(TestRun())).verdict is Verdict.PASSED


async def test_what_we_keep_is_private_and_goes_away(tree: Tree, environment: dict[str, str]) -> None:
    workspace = await opened(tree({"a.py": ""}), environment)
    private = workspace.private
    assert private.is_dir()
    (private / "locked").mkdir()
    (private / "locked" / "file").write_text("")
    (private / "locked").chmod(0)
    assert private.stat().st_mode & 0o777 == 0o700
    await workspace.aclose()
    assert not private.exists()


async def test_giving_up_on_opening_leaves_nothing_behind(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({f"{number}.py": "" for number in range(200)}, commit=False)
    task = asyncio.create_task(opened(root, environment))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((state.home() / "workspaces").iterdir()) == []


async def test_bounded_searches(tree: Tree, environment: dict[str, str]) -> None:
    root = tree({"one-line.js": "x" * 3_000_000 + "needle", "many.txt": "needle\n" * 10_000, "b.bin": b"needle\0"})
    async with await opened(root, environment) as workspace:
        hits = await workspace.search("needle", "", ignore_case=False, limit=50)
        assert (len(hits.items), hits.more) == (50, True)
        hits = await workspace.search("needle", "one-line.js", ignore_case=False, limit=50)
        assert [len(hit.text) for hit in hits.items] == [2000]
        assert (await workspace.search("needle", "b.bin", ignore_case=False, limit=50)).items == ()
