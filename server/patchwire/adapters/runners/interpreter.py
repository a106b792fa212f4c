"""Which interpreter is the repository's own, and where its programs lie. Looks at files; starts nothing.

In this order: the one that the user chose (in an editor, or by `--python`), `.venv` or `venv` in the tree, the active
environment, poetry's for this tree, and then what PATH has.
"""

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from patchwire.adapters.beneath import open_regular

CHOSEN = "PATCHWIRE_PYTHON"
_LARGEST = 4 * 1024 * 1024
_IN_TREE = (".venv", "venv")


def binaries(original: Path, environment: Mapping[str, str]) -> list[Path]:
    """The directory of programs of the repository's environment, which goes before PATH; none where there is none."""
    if chosen := environment.get(CHOSEN):
        return [Path(os.path.abspath(original / Path(chosen).expanduser())).parent]  # noqa: PTH100  # a link is what it is
    for name in _IN_TREE:
        if (original / name / "bin").is_dir():
            return [original / name / "bin"]
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if active := environment.get(variable):
            return [Path(active) / "bin"]
    poetry = _poetrys(original, environment)
    return [poetry / "bin"] if poetry else []


def environment_of(original: Path, environment: Mapping[str, str]) -> Path | None:
    """The virtual environment that `binaries` found, if it is one."""
    for directory in binaries(original, environment):
        if (directory.parent / "pyvenv.cfg").is_file():
            return directory.parent
    return None


def is_of_environment(program: Path) -> bool:
    """Whether a program lies in a virtual environment."""
    return program.parent.name == "bin" and (program.parent.parent / "pyvenv.cfg").exists()


def has_package(python: Path, name: str) -> bool | None:
    """Whether an interpreter has a package, as far as its directories tell; None if they tell nothing."""
    prefixes = dict.fromkeys((python.parent.parent, Path(os.path.realpath(python)).parent.parent))
    places = [place for prefix in prefixes for place in prefix.glob("lib/python3*/*-packages")]
    return any((place / name).is_dir() for place in places) if places else None


def _poetrys(original: Path, environment: Mapping[str, str]) -> Path | None:
    """The environment that poetry has made for this tree, under the name that it gives to one."""
    try:
        with open_regular(original / "pyproject.toml") as file:
            project = tomllib.loads(file.read(_LARGEST).decode("utf-8"))
    except (OSError, ValueError):
        return None
    poetry = project.get("tool", {}).get("poetry")
    if poetry is None and not (original / "poetry.lock").is_file():
        return None
    name = (poetry or {}).get("name") or project.get("project", {}).get("name") or original.name
    cleaned = re.sub(r"[ $`!*@\"\\\r\n\t]", "_", str(name).lower())[:42]
    digest = hashlib.sha256(os.path.realpath(original).encode()).digest()
    wanted = f"{cleaned}-{base64.urlsafe_b64encode(digest).decode()[:8]}-py*"
    made = sorted(_poetry_environments(environment).glob(wanted.replace("[", "[[]")))
    return made[-1] if made else None


def _poetry_environments(environment: Mapping[str, str]) -> Path:
    if path := environment.get("POETRY_VIRTUALENVS_PATH"):
        return Path(path)
    if path := environment.get("POETRY_CACHE_DIR"):
        return Path(path) / "virtualenvs"
    cache = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME', '')}/.cache"
    return Path(cache) / "pypoetry" / "virtualenvs"
