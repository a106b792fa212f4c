"""Which interpreter is the repository's own."""

import base64
import hashlib
import sys
from pathlib import Path

from patchwire.adapters.runners.interpreter import binaries, environment_of, has_package


def environment_at(directory: Path) -> Path:
    (directory / "bin").mkdir(parents=True)
    (directory / "pyvenv.cfg").write_text("")
    return directory


def test_the_order(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    environment = {"HOME": str(tmp_path)}
    assert binaries(root, environment) == []
    assert environment_of(root, environment) is None
    (root / "pyproject.toml").write_text('[project]\nname = "My Shop"\n')
    (root / "poetry.lock").write_text("")
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(root).encode()).digest()).decode()[:8]
    poetry = environment_at(tmp_path / ".cache" / "pypoetry" / "virtualenvs" / f"my_shop-{digest}-py3.11")
    assert binaries(root, environment) == [poetry / "bin"]
    active = environment_at(tmp_path / "active")
    environment["VIRTUAL_ENV"] = str(active)
    assert binaries(root, environment) == [active / "bin"]
    in_tree = environment_at(root / "venv")
    assert environment_of(root, environment) == in_tree
    in_tree = environment_at(root / ".venv")
    assert environment_of(root, environment) == in_tree
    chosen = environment_at(tmp_path / "chosen")
    environment["PATCHWIRE_PYTHON"] = str(chosen / "bin" / "python")
    assert binaries(root, environment) == [chosen / "bin"]
    environment["PATCHWIRE_PYTHON"] = "./venv/bin/python"
    assert environment_of(root, environment) == root / "venv"


def test_poetrys_places(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.poetry]\nname = "shop"\n')
    digest = base64.urlsafe_b64encode(hashlib.sha256(str(root).encode()).digest()).decode()[:8]
    for variable, place in (("POETRY_VIRTUALENVS_PATH", "a"), ("POETRY_CACHE_DIR", "b/virtualenvs")):
        made = environment_at(tmp_path / place / f"shop-{digest}-py3.12")
        assert binaries(root, {variable: str(tmp_path / place.partition("/")[0])}) == [made / "bin"]
    (root / "pyproject.toml").write_text("[[")
    assert binaries(root, {"POETRY_CACHE_DIR": str(tmp_path / "b")}) == []


def test_whether_a_package_is_there(tmp_path: Path) -> None:
    assert has_package(Path(sys.executable), "pytest") is True
    assert has_package(Path(sys.executable), "no_such_package") is False
    assert has_package(tmp_path / "bin" / "python", "pytest") is None
