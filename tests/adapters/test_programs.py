"""Programs of the machine: never the repository's own, nor one that anybody may write."""

import os
from pathlib import Path

import pytest

from patchwire.adapters import programs


def program(directory: Path, name: str, mode: int = 0o755) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text("#!/bin/sh\n")
    (directory / name).chmod(mode)
    return directory / name


def test_the_systems_own_comes_first(tmp_path: Path) -> None:
    program(tmp_path, "sh")
    assert programs.find("sh", environment={"PATH": str(tmp_path)}) == Path("/usr/bin/sh")
    assert programs.find("no-such-program", environment={"PATH": str(tmp_path)}) is None


def test_nothing_of_the_repository_or_of_here_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, elsewhere, here = tmp_path / "tree", tmp_path / "elsewhere", tmp_path / "here"
    program(tree / "bin", "own-tool")
    program(here, "own-tool")
    elsewhere.mkdir()
    (elsewhere / "own-tool").symlink_to(tree / "bin" / "own-tool")
    monkeypatch.chdir(here)
    path = os.pathsep.join([".", "", "bin", str(tree / "bin"), str(here), str(elsewhere)])
    assert programs.find("own-tool", environment={"PATH": path}, outside=tree) is None
    found = program(tmp_path / "mine", "own-tool")
    path += f":{found.parent}"
    assert programs.find("own-tool", environment={"PATH": path}, outside=tree) == found
    found.chmod(0o757)
    assert programs.find("own-tool", environment={"PATH": path}, outside=tree) is None
