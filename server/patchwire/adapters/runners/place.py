"""Where a test run happens, and what its processes may see. Knows directories and variables, no runner."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.beneath import open_regular
from patchwire.adapters.environment import child_environment
from patchwire.adapters.process import FREE, Confinement
from patchwire.adapters.runners.command import Command
from patchwire.adapters.runners.interpreter import binaries, environment_of

_LARGEST = 16 * 1024 * 1024

PROBE = Path(__file__).parent / "probe"
_CACHES = {
    "XDG_CACHE_HOME": "",
    "GOCACHE": "go-build",
    "npm_config_cache": "npm",
    "PIP_CACHE_DIR": "pip",
    "UV_CACHE_DIR": "uv",
}


@dataclass(frozen=True, slots=True)
class Place:
    """`root` is the copy that is tested, `original` the user's tree, `private` our place for reports and the like.

    `environment` is the user's own; a child gets the allowed part of it, and the variables called `passed`. In a
    sandbox (`confinement`) the root is the user's tree by its name, and `cache` keeps caches from run to run.
    """

    root: Path
    original: Path
    private: Path
    environment: Mapping[str, str]
    confinement: Confinement = FREE
    cache: Path | None = None
    passed: tuple[str, ...] = ()
    upper: Path | None = None
    """Where what a run writes in the tree is found afterwards, if not at the root."""

    @property
    def outside(self) -> Path:
        """The file where processes write which modules they loaded from the original tree."""
        return self.private / "outside"

    def variables(self, command: Command) -> dict[str, str]:
        """The whole environment of a test process."""
        variables = child_environment(self.environment, self.passed) | dict(command.variables)
        originals = dict.fromkeys((str(self.original), os.path.realpath(self.original)))
        python_path = [self._moved(entry) for entry in variables.get("PYTHONPATH", "").split(os.pathsep) if entry]
        programs = [str(directory) for directory in binaries(self.original, self.environment)]
        if (self.root / "package.json").is_file():
            programs.append(str(self.root / "node_modules" / ".bin"))
        variables |= {
            "PATH": os.pathsep.join([*programs, variables.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join([str(PROBE), *python_path]),
            "PATCHWIRE_ROOT": str(self.root),
            "PATCHWIRE_ORIGINALS": os.pathsep.join(originals),
            "PATCHWIRE_OUTSIDE": str(self.outside),
            "TMPDIR": "/tmp" if self.confinement.wrapper else str(self._temporary()),  # noqa: S108  # its own /tmp
        }
        if self.cache is not None:
            variables |= {name: str(self.cache / sub) for name, sub in _CACHES.items()}
        if active := environment_of(self.original, self.environment):
            variables["VIRTUAL_ENV"] = str(active)
        return variables

    def loaded_outside(self) -> tuple[str, ...]:
        """What the last run's processes loaded from the original tree; forgets it."""
        try:
            with open_regular(self.outside) as file:
                files = file.read(_LARGEST).decode(errors="replace").splitlines()
        except OSError:
            return ()
        self.outside.unlink()
        return tuple(dict.fromkeys(files))

    def shown(self, text: str) -> str:
        """Text from a test process with the paths of the copy as relative ones."""
        return text.replace(f"{self.root}{os.sep}", "")

    def _moved(self, entry: str) -> str:
        path = Path(entry)
        return str(self.root / path.relative_to(self.original)) if path.is_relative_to(self.original) else entry

    def _temporary(self) -> Path:
        directory = self.private / "tmp"
        directory.mkdir(exist_ok=True)
        return directory


def outside_note(files: tuple[str, ...]) -> str:
    """Why a run that loaded these files proves nothing."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"the copy was not what was tested: {files[0]}{more} was loaded from the original tree"
