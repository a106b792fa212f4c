"""What a process in the sandbox sees: bubblewrap's arguments, and the resource limits beside them.

The machine is read-only and the network is off but for loopback. Hidden are the home directory (toolchains apart), our
own state, `/run` with its sockets, and other people's `/tmp`. The tree stands at its own path, with `.git` read-only.
Knows nothing of what is run, nor of how the tree's layers are made.
"""

import os
import pwd
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.process import Confinement, Overlay
from patchwire.adapters.runners.interpreter import binaries
from patchwire.settings import NO_GRANTS, Grants

FILE_BYTES = 4 * 1024 * 1024 * 1024
PROCESSES = 8192
_HOME_BYTES = 1024 * 1024 * 1024
_TOOLCHAINS = (
    *(".pyenv", ".rbenv", ".nvm", ".volta", ".asdf", ".sdkman", ".rye", ".conda", ".bun", ".deno", "go"),
    *("miniconda3", "anaconda3", "miniforge3", "mambaforge", ".rustup", ".cargo/bin", ".cargo/registry", ".cargo/git"),
    *(".local/bin", ".local/lib", ".local/share/uv", ".local/share/pipx", ".local/pipx", ".local/share/mise"),
    *(".local/share/virtualenvs", ".virtualenvs", ".npm-global", ".local/share/pnpm", ".gem", ".m2/repository"),
    *(".gradle/wrapper", ".nix-profile", ".config/git/ignore"),
)
_NEEDED_IN_RUN = ("/run/current-system", "/run/opengl-driver")
_RESOLVERS = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf")
_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  # they are hidden, not written
_ROOTS_SECRETS = ("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """bubblewrap, and what all runs of one workspace have in common.

    `state` are our own directories, which stay out of sight; `environment` is the user's, which names home and PATH.
    """

    bwrap: Path
    root: Path
    environment: Mapping[str, str]
    state: tuple[Path, ...] = ()
    grants: Grants = NO_GRANTS

    def around(
        self,
        *,
        private: Path,
        temporary: Path,
        overlay: Overlay | None = None,
        copy: Path | None = None,
        bound_back: Sequence[str] = (),
        readable: Sequence[Path] = (),
        writable: Sequence[Path] = (),
        directory: str = "",
    ) -> Confinement:
        """How one command is started. Its tree is an overlay at the root, or a `copy` that is shown there.

        `private` is seen at its own path and may be written; `temporary` is its `/tmp`. `bound_back` are paths of the
        tree that the copy lacks and that are shown as they are, read-only. `directory` is where the command starts.
        """
        user, group = str(os.geteuid()), str(os.getegid())
        words = [
            str(self.bwrap), "--unshare-user", "--uid", user, "--gid", group, "--unshare-pid", "--unshare-ipc",
            "--unshare-uts", "--unshare-cgroup-try", *([] if self.grants.network else ["--unshare-net"]),
            "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
            "--tmpfs", "/run", *_bound_back(_NEEDED_IN_RUN), *(_bound_back(_RESOLVERS) if self.grants.network else ()),
            "--bind", str(temporary), "/tmp", "--bind", str(temporary), "/var/tmp",  # noqa: S108  # inside, they are private
        ]  # fmt: skip
        words += self._hidden()
        words += _bound_back(str(path) for path in (*readable, *self.grants.readable))
        # Before the tree: a grant of what is around it is none of the user's own tree.
        words += [word for path in self.grants.writable for word in ("--bind-try", str(path), str(path))]
        source = str(copy or self.root)
        words += ["--bind", source, str(self.root)]
        words += _bound_back(str(self.root / path) for path in bound_back)
        words += self._git(private)
        words += [word for path in (private, *writable) for word in ("--bind-try", str(path), str(path))]
        words += ["--chdir", str(self.root / directory), "--"]
        return Confinement(tuple(words), overlay, limits())

    def _hidden(self) -> list[str]:
        """What lies over things that nobody should see, and the parts of them that programs need."""
        words: list[str] = []
        homes = {Path(home) for home in (self.environment.get("HOME", ""), _home_of_user()) if home.startswith("/")}
        for home in sorted(homes):
            if home.is_dir() and home != Path("/"):
                words += ["--size", str(_HOME_BYTES), "--tmpfs", str(home)]
                words += _bound_back(str(home / name) for name in _TOOLCHAINS)
        words += _bound_back(self._programs([*homes, *_TEMPORARY]))
        for place in dict.fromkeys(self.state):
            if place.is_dir():
                words += ["--tmpfs", str(place)]
        if os.geteuid() == 0:
            for name in _ROOTS_SECRETS:
                if os.path.exists(name):  # noqa: PTH110  # `Path.exists` raises where we may not look
                    words += ["--ro-bind-try", os.devnull, name]
        return words

    def _programs(self, covered: Sequence[Path]) -> list[str]:
        """Where programs lie that PATH, an environment or the tree's `.venv` lead to, as far as these hide them."""
        named = (self.environment.get(name, "") for name in ("VIRTUAL_ENV", "CONDA_PREFIX"))
        environments = [Path(path) for path in (*named, sys.prefix) if path]  # ours runs tests where there is no other
        environments += [directory.parent for directory in binaries(self.root, self.environment)]
        places = [Path(path) for path in self.environment.get("PATH", "").split(os.pathsep) if path]
        places += environments
        for environment in environments:
            real = Path(os.path.realpath(environment / "bin" / "python"))
            if real.parent.name == "bin":
                places.append(real.parent.parent)
        hidden = [
            place
            for place in dict.fromkeys(places)
            if any(place != above and place.is_relative_to(above) for above in covered)
            and not place.is_relative_to(self.root)
        ]
        return [str(place) for place in hidden]

    def _git(self, private: Path) -> list[str]:
        """`.git` read-only; where there is none, nothing can be put in its place."""
        git = self.root / ".git"
        if git.exists():
            return ["--ro-bind", str(git), str(git), *_bound_back(_repository_of(git))]
        nothing = private / "nothing"
        nothing.mkdir(exist_ok=True)
        return ["--ro-bind", str(nothing), str(git)]


def limits() -> tuple[tuple[str, int], ...]:
    """Resource limits for any run. Memory is that of one process, and counts what it may write: reserving is free."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return ("DATA", memory * 3 // 4), ("NPROC", PROCESSES), ("FSIZE", FILE_BYTES), ("CORE", 0)


def held() -> str:
    """The limits that hold, for people."""
    memory = dict(limits())["DATA"] / 2**30
    words = [f"a process has {memory:.0f} GiB of memory at most", f"a file {FILE_BYTES // 2**30} GiB"]
    if os.geteuid():
        words.append(f"and {PROCESSES} processes run at once")
    return ", ".join(words)


def _repository_of(git: Path) -> list[str]:
    """The repository of a linked worktree, if it knows the worktree: anybody can write a `.git` that leads anywhere."""
    try:
        with git.open() as file:
            leads_to = file.read(4096).removeprefix("gitdir:").strip()
        own = Path(os.path.realpath(git.parent / leads_to))
        with (own / "gitdir").open() as file:
            known = own.parent.name == "worktrees" and git.samefile(own / file.read(4096).strip())
    except (OSError, ValueError):
        return []
    return [str(own.parent.parent)] if known else []


def _bound_back(paths: Iterable[str]) -> list[str]:
    return [word for path in paths for word in ("--ro-bind-try", path, path)]


def _home_of_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""
