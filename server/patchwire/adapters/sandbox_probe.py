"""What this machine can do: found out once, by doing it. And which one command would let it do more.

Whether namespaces and overlays are allowed depends on the kernel, the distribution, the container and the file system;
the only reliable answer is a run of the real thing. Refusals are reasons to be told, never errors.
"""

import contextlib
import functools
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters import programs, state
from patchwire.adapters.process import Confinement, Overlay, Program
from patchwire.adapters.sandbox import Sandbox
from patchwire.errors import WorkspaceError

_SECONDS = 10.0
_PROBING = threading.Lock()
_INSTALLERS = {
    "apt-get": "sudo apt install bubblewrap",
    "dnf": "sudo dnf install bubblewrap",
    "pacman": "sudo pacman -S bubblewrap",
    "zypper": "sudo zypper install bubblewrap",
    "apk": "sudo apk add bubblewrap",
}
_SYSCTLS = (
    ("user/max_user_namespaces", r"0", "sudo sysctl -w user.max_user_namespaces=28633"),
    ("kernel/unprivileged_userns_clone", r"0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        r"[1-9]",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
_CHECK = 'test "$(cat old)" = old && echo new > old && rm gone && test ! -w /etc && test ! -e "$1"'


@dataclass(frozen=True, slots=True)
class Machine:
    """The levels that can be had here. `layers` is where an overlay's layers can be; None where overlays are refused.

    `reasons` say for each better level (`overlay`, `bind`) why it is refused; `cure` is a command that may change it.
    """

    bwrap: Path | None
    layers: Path | None
    reasons: tuple[tuple[str, str], ...] = ()
    cure: str = ""

    @property
    def best(self) -> str:
        """The best level that needs nobody's word."""
        refused = dict(self.reasons)
        return next(level for level in ("overlay", "bind", "copy") if level not in refused)


def probe() -> Machine:
    """What this machine can do; found out at the first call. Takes some tens of milliseconds; call it in a thread.

    Raises WorkspaceError where there is no place for our state.
    """
    with _PROBING:
        return _probe(_bwrap(), tuple(state.candidates()))


def probe_early() -> None:
    """Have it found out from now on, in a thread: most of the time goes by in another process. `probe` tells."""

    def early() -> None:
        with contextlib.suppress(WorkspaceError):  # `probe` says so to somebody who listens
            probe()

    threading.Thread(target=early, name="patchwire-probe", daemon=True).start()


def _bwrap() -> Path | None:
    return programs.find("bwrap") if sys.platform == "linux" else None


@functools.cache
def _probe(bwrap: Path | None, places: Sequence[Path]) -> Machine:
    if bwrap is None:
        return _without("bubblewrap is not installed" if sys.platform == "linux" else "it needs Linux", _installer())
    why = "no directory can hold its layers"
    for place in places:
        refusal = _refusal(bwrap, place, overlay=True)
        if refusal is None:
            return Machine(bwrap, place)
        why = refusal
        if not _is_about_layers(refusal):
            break
    refusal = _refusal(bwrap, places[0], overlay=False)
    if refusal is None:
        return Machine(bwrap, None, (("overlay", why),), _cure())
    return Machine(None, None, (("overlay", why), ("bind", refusal)), _cure())


def _without(why: str, cure: str) -> Machine:
    return Machine(None, None, (("overlay", why), ("bind", why)), cure)


def _refusal(bwrap: Path, place: Path, *, overlay: bool) -> str | None:
    """Do the real thing on a small tree; why it did not work, or None."""
    try:
        state.private(place)
        with tempfile.TemporaryDirectory(prefix="probe-", dir=place, ignore_cleanup_errors=True) as name:
            return _tried(bwrap, Path(name), overlay=overlay)
    except (WorkspaceError, OSError) as error:
        return str(error)


def _tried(bwrap: Path, scratch: Path, *, overlay: bool) -> str | None:
    root = scratch / "tree"
    for directory in (root, *(scratch / name for name in ("agent", "upper", "work", "private", "tmp", "hidden"))):
        directory.mkdir()
    (root / "old").write_text("older" if overlay else "old")
    (root / "gone").touch()
    if overlay:
        (scratch / "agent" / "old").write_text("old")
        os.mknod(scratch / "agent" / "whiteout", 0o020000, os.makedev(0, 0))
    layers = Overlay(
        (str(scratch / "agent"), str(root)), str(scratch / "upper"), str(scratch / "work"), str(root)
    )  # fmt: skip
    sandbox = Sandbox(bwrap, root, {}, (scratch / "hidden",))
    confinement = sandbox.around(
        private=scratch / "private", temporary=scratch / "tmp", overlay=layers if overlay else None
    )
    secret = scratch / "hidden" / "secret"
    secret.touch()
    return run_refused(confinement, ["/bin/sh", "-c", _CHECK, "sh", str(secret)], root)


def run_refused(confinement: Confinement, argv: Sequence[str], cwd: Path) -> str | None:
    """Run a command that says nothing; what is said against it, or None."""
    try:
        ended = Program(argv, cwd=cwd, environment={"PATH": os.defpath}, confinement=confinement).wait(_SECONDS)
    except WorkspaceError as error:
        return re.sub(r"^cannot start \S+: ", "", str(error))
    if ended.exit_code == 0:
        return None
    return ended.output.strip().rpartition("\n")[2] or f"a first run ended with exit code {ended.exit_code}"


def _is_about_layers(refusal: str) -> bool:
    """Whether another file system may do better: mounting was refused, not the namespace."""
    return refusal.startswith(("mount: ", "[Errno")) or "cannot be used" in refusal


def _cure() -> str:
    for name, bad, command in _SYSCTLS:
        try:
            if re.fullmatch(bad, Path("/proc/sys", name).read_text().strip()):
                return command
        except OSError:
            continue
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …"
    return ""


def _installer() -> str:
    if sys.platform != "linux":
        return ""
    return next((command for name, command in _INSTALLERS.items() if shutil.which(name)), "")
