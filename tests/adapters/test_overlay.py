"""The agent's layer behaves as a plain directory does, and overlayfs sees in it what we see."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.overlay import Layer, left_by_run
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Plain
from patchwire.errors import ToolError

BELOW = {"a": b"a", "d/x": b"x", "d/y": b"y", "d/e/z": b"z", "f/g": b"g"}
PATHS = ["a", "a/b", "d", "d/x", "d/y", "d/e", "d/e/z", "d/e/z/q", "f", "f/g", "n", "n/m"]


def fill(root: Path) -> Path:
    for path, data in BELOW.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def attempt(files: Plain | Layer, path: str, data: bytes | None) -> str:
    try:
        files.store(path, None if data is None else Content(data))
    except OSError as error:
        return type(error).__name__
    return "stored"


def loaded(files: Plain | Layer, path: str) -> bytes | str | None:
    try:
        content = files.load(path)
    except ToolError:
        return "no file"
    return None if content is None else content.data


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from([None, b"1", b"2"])), max_size=12))
def test_a_layer_is_like_a_plain_directory(steps: list[tuple[str, bytes | None]]) -> None:
    scratch = Path(tempfile.mkdtemp())
    try:
        plain = Plain(fill(scratch / "plain"))
        (scratch / "layer").mkdir()
        layer = Layer(scratch / "layer", Plain(fill(scratch / "below")))
        for path, data in steps:
            if data is None and not isinstance(loaded(plain, path), bytes):
                continue  # nobody deletes what is no file
            assert attempt(layer, path, data) == attempt(plain, path, data), (path, data)
            for each in PATHS:
                assert loaded(layer, each) == loaded(plain, each), each
        for path, data in BELOW.items():
            assert (scratch / "below" / path).read_bytes() == data
    finally:
        shutil.rmtree(scratch)


def test_a_file_of_ours_never_looks_as_old_as_the_one_below(tmp_path: Path) -> None:
    below, own = tmp_path / "below", tmp_path / "own"
    for directory in (below, own):
        directory.mkdir()
    (below / "a.py").write_text("X = 1\n")
    layer = Layer(own, Plain(below))
    layer.store("a.py", Content(b"X = 2\n"))
    assert int((own / "a.py").stat().st_mtime) != int((below / "a.py").stat().st_mtime)


def test_modes_are_kept(tmp_path: Path) -> None:
    below, own = tmp_path / "below", tmp_path / "own"
    for directory in (below, own):
        directory.mkdir()
    (below / "run").write_text("#!/bin/sh\n")
    (below / "run").chmod(0o750)
    layer = Layer(own, Plain(below))
    content = layer.load("run")
    assert content == Content(b"#!/bin/sh\n", "100755")
    layer.store("run", Content(b"#!/bin/bash\n", "100755"))
    assert stat.S_IMODE((own / "run").stat().st_mode) == 0o750
    assert (below / "run").read_text() == "#!/bin/sh\n"


def test_a_link_below_is_no_file(tmp_path: Path) -> None:
    below, own = tmp_path / "below", tmp_path / "own"
    for directory in (below, own):
        directory.mkdir()
    (below / "link").symlink_to("/etc/passwd")
    (below / "out").symlink_to("/etc")
    layer = Layer(own, Plain(below))
    for path in ("link", "out/passwd"):
        with pytest.raises(ToolError):
            layer.load(path)
        with pytest.raises(OSError, match=r"link|directory"):
            layer.store(path, Content(b""))


def test_what_a_run_left_is_told(tmp_path: Path) -> None:
    below, upper = fill(tmp_path / "below"), tmp_path / "upper"
    (upper / "d").mkdir(parents=True)
    (upper / "new.bin").write_bytes(b"\0\1")
    (upper / "link").symlink_to("a")
    os.mknod(upper / "a", stat.S_IFCHR, os.makedev(0, 0))
    os.mknod(upper / "f", stat.S_IFCHR, os.makedev(0, 0))
    os.setxattr(upper / "d", "user.overlay.opaque", b"y")
    (upper / "d" / "y").write_bytes(b"new y")
    assert dict(left_by_run(upper, Plain(below))) == {
        "a": None,
        "d/e/z": None,
        "d/x": None,
        "d/y": Content(b"new y"),
        "f/g": None,
        "link": "it is not a regular file",
        "new.bin": Content(b"\0\1"),
    }
