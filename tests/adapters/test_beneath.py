"""Nothing leads out of the directory: no link, also none that appears in between; and every file is old or new."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.security.races import swapping

from patchwire.adapters.beneath import names_in, open_regular, read, remove, replace, status


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("s")
    root = tmp_path / "root"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text("a")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "in").symlink_to("pkg")
    (root / "link").symlink_to("pkg/a.py")
    return root


def test_a_file_is_read_replaced_and_removed(root: Path) -> None:
    data, found = read(root, "pkg/a.py", 10) or (b"", None)
    assert data == b"a"
    assert found is not None
    assert found.st_size == 1
    replace(root, "new/deep/b.py", b"b", 0o750, durable=True)
    assert (root / "new/deep/b.py").read_bytes() == b"b"
    assert stat.S_IMODE((root / "new/deep/b.py").stat().st_mode) == 0o750
    remove(root, "new/deep/b.py")
    assert not (root / "new").exists()
    remove(root, "pkg/a.py")
    assert root.is_dir()


def test_what_is_not_there_is_none(root: Path) -> None:
    for path in ("nothing", "nowhere/x", "pkg/a.py/x"):
        assert read(root, path, 10) is None
        assert status(root, path) is None
        remove(root, path)
    assert names_in(root, "nowhere") == []
    assert names_in(root, "pkg") == ["a.py"]
    assert sorted(names_in(root, "")) == ["in", "link", "out", "pkg"]


@pytest.mark.parametrize("path", ["out/secret", "out/new", "in/a.py", "link/x"])
def test_no_link_on_the_way_is_followed_not_even_inside(root: Path, path: str) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: read(root, path, 10),
        lambda: replace(root, path, b"x", 0o644),
        lambda: remove(root, path),
        lambda: status(root, path),
        lambda: names_in(root, path),
    )
    for attempt in attempts:
        with pytest.raises(OSError, match="symbolic link is in the way") as refusal:
            attempt()
        assert refusal.value.errno == errno.ELOOP
        assert refusal.value.filename == path
    assert names(root.parent / "outside") == ["secret"]


def test_a_link_at_the_end_is_seen_and_replaced_but_not_read(root: Path) -> None:
    with pytest.raises(OSError, match="it is a symbolic link"):
        read(root, "link", 10)
    found = status(root, "link")
    assert found is not None
    assert stat.S_ISLNK(found.st_mode)
    replace(root, "link", b"x", 0o644)
    assert (root / "pkg" / "a.py").read_text() == "a"
    remove(root, "in")
    assert (root / "pkg").is_dir()


def test_the_root_itself_may_not_become_a_link(root: Path) -> None:
    root.rename(root.parent / "elsewhere")
    root.symlink_to("outside")
    with pytest.raises(OSError, match="symbolic link"):
        replace(root, "x", b"x", 0o644)


@pytest.mark.parametrize("path", ["", ".", "..", "a/../b", "a//b", "/etc/passwd", "a\0b", "./a"])
def test_only_plain_relative_paths_are_taken(root: Path, path: str) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        read(root, path, 10)
    with pytest.raises(OSError, match="Invalid argument"):
        replace(root, path, b"", 0o644)


def test_what_is_no_file_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")  # opening it would wait for a writer
    with pytest.raises(OSError, match="not a regular file"):
        read(root, "pipe", 10)
    with pytest.raises(OSError, match="directory"):
        read(root, "pkg", 10)
    with pytest.raises(OSError, match="directory"):
        replace(root, "pkg", b"", 0o644)
    assert names(root / "pkg") == ["a.py"]


def test_a_large_file_is_refused_before_it_is_read(root: Path) -> None:
    with (root / "sparse").open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(OSError, match="File too large") as refusal:
        read(root, "sparse", 2**20)
    assert refusal.value.errno == errno.EFBIG


def test_a_write_that_fails_leaves_nothing(root: Path) -> None:
    for path in ("pkg/a.py/x", "new/" + "x" * 300, "pkg"):
        with pytest.raises(OSError, match=r".") as refusal:
            replace(root, path, b"x", 0o644)
        assert refusal.value.filename == path
    assert names(root) == ["in", "link", "out", "pkg"]


def test_directories_that_were_made_in_vain_are_removed_and_no_others(root: Path) -> None:
    (root / "mine").mkdir()
    with pytest.raises(OSError, match="name too long"):
        replace(root, f"mine/new/{'x' * 300}", b"x", 0o644)
    assert names(root / "mine") == []
    replace(root, "mine/new/a", b"x", 0o644)
    remove(root, "mine/new/a", only={"mine/new"})
    assert names(root / "mine") == []


def test_a_thousand_races_are_all_won(root: Path) -> None:
    outside = root.parent / "outside"
    done = refused = 0
    with swapping(root / "pkg", outside):
        while done + refused < 1000 or not (done and refused):
            try:
                replace(root, "pkg/a.py", b"written", 0o644)
                data = read(root, "pkg/a.py", 100)
                assert data is None or data[0] in {b"a", b"written"}
                done += 1
            except OSError:
                refused += 1
    assert names(outside) == ["secret"]
    assert (outside / "secret").read_text() == "s"


def test_a_file_that_strangers_made_is_opened_only_if_it_is_one(root: Path) -> None:
    with open_regular(root / "pkg" / "a.py") as file:
        assert file.read(10) == b"a"
    os.mkfifo(root / "pipe")
    (root / "zero").symlink_to("/dev/zero")
    for path in (root / "pipe", root / "zero", root / "link", root / "pkg", Path("/dev/zero"), root / "nothing"):
        with pytest.raises(OSError, match=r"."):
            open_regular(path)
