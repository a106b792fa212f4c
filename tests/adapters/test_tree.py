"""Accepting a change into the user's tree: all or none, only what it was made from, never outside."""

import stat
from pathlib import Path

import pytest

from patchwire.adapters.tree import accept
from patchwire.errors import WorkspaceError
from patchwire.patch.model import FileChange, Kind


def modify(path: str, before: str, after: str) -> FileChange:
    return FileChange(path, Kind.MODIFY, before, after)


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_files_are_changed_added_deleted_and_renamed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old\r\n")
    (tmp_path / "gone.py").write_text("x")
    (tmp_path / "was.py").write_text("y")
    (tmp_path / "was.py").chmod(0o750)
    accept(
        tmp_path,
        [
            modify("a.py", "old\r\n", "new\r\n"),
            FileChange("deep/er/b.py", Kind.ADD, None, "b", mode=0o100755),
            FileChange("gone.py", Kind.DELETE, "x", None),
            FileChange("is.py", Kind.RENAME, "y", "z", old_path="was.py"),
        ],
    )
    assert contents(tmp_path) == {"a.py": b"new\r\n", "deep/er/b.py": b"b", "is.py": b"z"}
    assert (tmp_path / "deep/er/b.py").stat().st_mode & stat.S_IXUSR
    assert stat.S_IMODE((tmp_path / "is.py").stat().st_mode) == 0o750


def test_the_mode_is_kept_and_no_bytes_are_lost(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_bytes(b"caf\xe9 1\n")
    script.chmod(0o750)
    accept(tmp_path, [modify("run.sh", "caf\udce9 1\n", "caf\udce9 2\n")])
    assert script.read_bytes() == b"caf\xe9 2\n"
    assert stat.S_IMODE(script.stat().st_mode) == 0o750


LINES = "".join(f"{i}\n" for i in range(1, 11))


@pytest.mark.parametrize(
    ("conflict", "why"),
    [
        (modify("b.py", LINES, LINES.replace("4", "four")), "b.py has changed since .* both change it at line 4;"),
        (modify("missing.py", "text", "new"), "missing.py is gone since"),
        (FileChange("b.py", Kind.ADD, None, "new"), "b.py was created since"),
        (FileChange("b.py", Kind.DELETE, "other", None), "b.py has changed since"),
        (FileChange("c.py", Kind.RENAME, "x", "x", old_path="missing.py"), "missing.py is gone since"),
    ],
)
def test_a_file_that_moved_on_and_collides_stops_everything(tmp_path: Path, conflict: FileChange, why: str) -> None:
    mine = LINES.replace("4", "vier")
    (tmp_path / "a.py").write_text("a")
    (tmp_path / "b.py").write_text(mine)
    with pytest.raises(WorkspaceError, match=f"{why}.*nothing was changed"):
        accept(tmp_path, [modify("a.py", "a", "A"), conflict])
    assert contents(tmp_path) == {"a.py": b"a", "b.py": mine.encode()}


def test_what_the_user_changed_elsewhere_in_a_file_is_kept(tmp_path: Path) -> None:
    mine = LINES.replace("2\n", "zwei \udce9\r\n")
    for name in ("a.py", "old.py"):
        (tmp_path / name).write_bytes(mine.encode("utf-8", "surrogateescape"))
    after = LINES.replace("8", "eight")
    renamed = FileChange("new.py", Kind.RENAME, LINES, after, old_path="old.py")
    assert accept(tmp_path, [modify("a.py", LINES, after), renamed]) == ("a.py", "new.py")
    both = mine.replace("8", "eight").encode("utf-8", "surrogateescape")
    assert contents(tmp_path) == {"a.py": both, "new.py": both}


def test_what_the_user_did_themselves_meanwhile_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("new")
    (tmp_path / "b.py").write_text("b")
    same = [
        modify("a.py", "old", "new"),
        FileChange("b.py", Kind.ADD, None, "b"),
        FileChange("gone.py", Kind.DELETE, "x", None),
    ]
    assert accept(tmp_path, same) == ()
    assert contents(tmp_path) == {"a.py": b"new", "b.py": b"b"}


def test_nothing_is_written_outside_or_through_links(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "dir").symlink_to(outside)
    (outside / "target").write_text("t")
    (root / "link").symlink_to(outside / "target")
    with pytest.raises(WorkspaceError, match=r"\.\./x is refused"):
        accept(root, [FileChange("../x", Kind.ADD, None, "x")])
    with pytest.raises(WorkspaceError, match="symbolic link is in the way"):
        accept(root, [FileChange("dir/x", Kind.ADD, None, "x")])
    with pytest.raises(WorkspaceError, match="symbolic link"):
        accept(root, [modify("link", "t", "T")])
    assert contents(outside) == {"target": b"t"}


def test_a_binary_change_is_left_to_git(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="git apply"):
        accept(tmp_path, [FileChange("x.png", Kind.MODIFY, None, None)])


def test_a_directory_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(WorkspaceError, match="a cannot be changed: it is a directory"):
        accept(tmp_path, [FileChange("a", Kind.ADD, None, "x")])


def test_what_was_written_before_a_failure_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        accept(tmp_path, [modify("a.py", "a", "A"), FileChange("file/b.py", Kind.ADD, None, "b")])
    assert contents(tmp_path) == {"a.py": b"a", "file": b"not a directory"}


def test_a_write_that_fails_takes_back_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    changes = [FileChange(path, Kind.ADD, None, "x") for path in ("new/deep/z", "b", "b/c")]
    with pytest.raises(WorkspaceError, match="cannot be written"):
        accept(tmp_path, [modify("a.py", "a", "A"), *changes])
    assert contents(tmp_path) == {"a.py": b"a"}
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", [".git/config", ".GIT/hooks/x", "sub/.git", "git~1/x", ".git::$INDEX_ALLOCATION/x"])
def test_git_is_out_of_reach(tmp_path: Path, path: str) -> None:
    with pytest.raises(WorkspaceError, match=r"\.git directory is out of reach"):
        accept(tmp_path, [FileChange(path, Kind.ADD, None, "x")])
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("path", ["/x", "./x", "a//b", "C:\\x", ""])
def test_only_plain_relative_paths_are_taken(tmp_path: Path, path: str) -> None:
    with pytest.raises(WorkspaceError, match="nothing was changed"):
        accept(tmp_path, [FileChange(path, Kind.ADD, None, "x")])


@pytest.mark.parametrize("mode", [0o120777, 0o160000])
def test_links_and_submodules_are_not_made(tmp_path: Path, mode: int) -> None:
    with pytest.raises(WorkspaceError, match="link or a submodule"):
        accept(tmp_path, [FileChange("x", Kind.ADD, None, "/etc/passwd", mode=mode)])


def test_a_rename_does_not_cover_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(WorkspaceError, match="b is there already"):
        accept(tmp_path, [FileChange("b", Kind.RENAME, "a", "a", old_path="a")])
    assert contents(tmp_path) == {"a": b"a", "b": b"b"}
