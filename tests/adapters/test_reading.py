"""Reading for the model: regular files inside the tree, bounded, nothing hidden, and no race with a link won."""

import os
from pathlib import Path

import pytest
from tests.security.races import swapping

from patchwire.adapters.hidden import Hidden
from patchwire.adapters.paths import Roots
from patchwire.adapters.reading import READ_LIMIT, read_text, without_secrets
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Plain
from patchwire.errors import NoSuchFile, ToolError
from patchwire.ports import Hit

SHOWN = Hidden()


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    (tmp_path / "tree" / "pkg").mkdir(parents=True)
    (tmp_path / "tree" / "pkg" / "a.py").write_bytes(b"a\r\n")
    return Roots(tmp_path / "tree", tmp_path / "tree")


async def test_a_text_is_read_through_a_link_inside(roots: Roots) -> None:
    (roots.root / "link").symlink_to("pkg/a.py")
    assert (await read_text(roots, Plain(roots.root), SHOWN, "link")).text == "a\r\n"


async def test_a_link_to_a_secret_is_the_secret(roots: Roots) -> None:
    (roots.root / ".env").write_text("TOKEN=x")
    (roots.root / "readme.txt").symlink_to(".env")
    with pytest.raises(ToolError, match=r"readme\.txt is kept from you"):
        await read_text(roots, Plain(roots.root), SHOWN, "readme.txt")


async def test_large_files_are_read_to_the_limit_and_not_beyond(roots: Roots) -> None:
    (roots.root / "large").write_bytes(b"x" * READ_LIMIT)
    assert len((await read_text(roots, Plain(roots.root), SHOWN, "large")).text) == READ_LIMIT
    (roots.root / "large").write_bytes(b"x" * (READ_LIMIT + 1))
    with pytest.raises(ToolError, match="too large to read"):
        await read_text(roots, Plain(roots.root), SHOWN, "large")


async def test_what_is_no_text_file_is_refused(roots: Roots) -> None:
    os.mkfifo(roots.root / "pipe")
    (roots.root / "binary").write_bytes(b"\0")
    (roots.root / "latin").write_bytes(b"caf\xe9")
    for path, why in {
        "pipe": "not a regular file",
        "binary": "binary",
        "latin": "not UTF-8",
        "pkg": "directory",
        "": "directory",
        "/dev/zero": "outside",
        "/proc/self/environ": "outside",
    }.items():
        with pytest.raises(ToolError, match=why):
            await read_text(roots, Plain(roots.root), SHOWN, path)
    for path in ("nothing", "pkg/a.py/x", "nowhere/x"):
        with pytest.raises(NoSuchFile):
            await read_text(roots, Plain(roots.root), SHOWN, path)


async def test_a_file_that_goes_while_it_is_read_is_no_empty_file(roots: Roots) -> None:
    class Going(Plain):
        def load(self, path: str) -> Content | None:
            (self.root / path).unlink()
            return super().load(path)

    with pytest.raises(NoSuchFile, match=r"pkg/a\.py: no such file"):
        await read_text(roots, Going(roots.root), SHOWN, "pkg/a.py")


async def test_a_directory_that_becomes_a_link_meanwhile_is_not_followed(roots: Roots, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("secret")
    read = refused = 0
    with swapping(roots.root / "pkg", outside):
        while read + refused < 500 or not (read and refused):
            try:
                assert (await read_text(roots, Plain(roots.root), SHOWN, "pkg/a.py")).text == "a\r\n"
                read += 1
            except ToolError:
                refused += 1


def test_hits_in_secret_files_and_behind_links_are_left_out(roots: Roots, tmp_path: Path) -> None:
    (roots.root / "deploy").write_text("-----BEGIN PRIVATE KEY-----\nkey\n")
    (roots.root / "out").symlink_to(tmp_path)
    with (roots.root / "large").open("wb") as file:
        file.truncate(READ_LIMIT + 1)
    hits = [Hit(path, 1, "x") for path in ("deploy", "pkg/a.py", "out/x", "large", "gone")]
    assert [hit.path for hit in without_secrets(Plain(roots.root), hits)] == ["pkg/a.py", "large", "gone"]
