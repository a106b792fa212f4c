"""Which level of isolation a workspace gets: what the user asked for, what the machine can do, what the tree allows.

Never a lower one than was asked for without a word, and never a silent "it did not work, so we went without".
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.copy_level import CopyLevel
from patchwire.adapters.levels import Ground, Level
from patchwire.adapters.overlay_level import OverlayLevel
from patchwire.adapters.sandbox import Sandbox
from patchwire.adapters.sandbox_probe import Machine, probe
from patchwire.errors import WorkspaceError
from patchwire.settings import LEVELS, NO_GRANTS, Grants
from patchwire.task import Isolation

_SENTENCES = {
    "overlay": "your tree at its own path under the agent's changes, in a sandbox: network off, home hidden, and what "
    "a run writes is thrown away",
    "bind": "a copy of your tree at its own path, in a sandbox: network off, home hidden",
    "container": "a private copy of your tree; you said that this machine itself is disposable",
    "copy": "a private copy of your tree; same user, network on; not a sandbox",
    "patch-only": "nothing is run",
}
_COMMANDS = ("overlay", "bind", "container")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants: `level` is one of `settings.ISOLATIONS`, `least` one of `settings.LEVELS` or None."""

    level: str = "auto"
    least: str | None = None
    grants: Grants = NO_GRANTS


BEST = Wish()


def foreseen(root: Path, wish: Wish) -> Isolation:
    """The isolation that a workspace will have, before there is one. Raises WorkspaceError as `open_workspace`."""
    return choose(wish, probe(), root)


def choose(wish: Wish, machine: Machine, root: Path) -> Isolation:
    """The level, explained. Raises WorkspaceError where what is wished for is not to be had."""
    refused = dict(machine.reasons)
    if "overlay" not in refused and (why := _why_no_overlay(root)):
        refused["overlay"] = why
    best = next(level for level in ("overlay", "bind", "copy") if level not in refused)
    level = best if wish.level == "auto" else wish.level
    if level in refused:
        raise WorkspaceError(f"the isolation {level} is not to be had: {refused[level]}; {_advice(machine)}")
    if wish.least is not None and LEVELS.index(level) > LEVELS.index(wish.least):
        why = refused.get(wish.least, f"it is {level} here")
        raise WorkspaceError(f"the isolation {wish.least} is required and not to be had: {why}; {_advice(machine)}")
    return Isolation(level, _sentence(level, wish.grants), level == best == "overlay", level in _COMMANDS)


def _why_no_overlay(root: Path) -> str:
    """Files of another user cannot be changed in a layer of ours."""
    if os.geteuid() and root.stat().st_uid != os.geteuid():
        return f"{root} belongs to another user"
    return ""


def _advice(machine: Machine) -> str:
    return f"`{machine.cure}` may help" if machine.cure else "`patchwire doctor` says what there is"


def _sentence(level: str, grants: Grants) -> str:
    words = [_SENTENCES[level]]
    if level in ("overlay", "bind"):
        words += ["network shared with this machine"] if grants.network else []
        words += [f"{path} readable" for path in grants.readable] + [f"{path} writable" for path in grants.writable]
    words += [f"${name} passed on" for name in grants.environment]
    sentence, *granted = words
    if grants.network:
        sentence = sentence.replace("network off, ", "")
    return f"{sentence}; granted: {', '.join(granted)}" if granted else sentence


def make(isolation: Isolation, machine: Machine, grants: Grants, ground: Ground, state: tuple[Path, ...]) -> Level:
    """The level that was chosen, on its ground. `state` are directories of ours that no run may see."""
    if isolation.level in ("overlay", "bind"):
        assert machine.bwrap is not None  # noqa: S101  # else neither could have been chosen
        sandbox = Sandbox(machine.bwrap, ground.real, _searched(ground.environment), state, grants)
        ground = Ground(ground.original, ground.private, ground.environment, sandbox, ground.cache, grants.environment)
    else:
        ground = Ground(ground.original, ground.private, ground.environment, passed=grants.environment)
    if isolation.level in ("overlay", "patch-only"):
        return OverlayLevel(ground, isolation)
    return CopyLevel(ground, isolation)


def _searched(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {"HOME": os.environ.get("HOME", ""), "PATH": os.environ.get("PATH", "")} | dict(environment)
