"""Which level is chosen, and what is said where it is not to be had."""

import os
from pathlib import Path

import pytest

from patchwire.adapters.isolation import Wish, choose
from patchwire.adapters.sandbox_probe import Machine
from patchwire.errors import WorkspaceError
from patchwire.settings import Grants

FULL = Machine(Path("/usr/bin/bwrap"), Path("/state"))
NO_LAYERS = Machine(Path("/usr/bin/bwrap"), None, (("overlay", "mount: refused"),))
BARE = Machine(None, None, (("overlay", "no bubblewrap"), ("bind", "no bubblewrap")), "sudo apt install bubblewrap")


@pytest.mark.parametrize(
    ("machine", "level", "best"), [(FULL, "overlay", True), (NO_LAYERS, "bind", False), (BARE, "copy", False)]
)
def test_the_best_there_is(machine: Machine, level: str, best: bool, tmp_path: Path) -> None:
    chosen = choose(Wish(), machine, tmp_path)
    assert (chosen.level, chosen.best, machine.best) == (level, best, level)
    assert chosen.commands is (level != "copy")


def test_a_lower_level_can_be_asked_for_and_a_higher_one_not(tmp_path: Path) -> None:
    assert choose(Wish("patch-only"), FULL, tmp_path).level == "patch-only"
    assert not choose(Wish("copy"), FULL, tmp_path).best
    assert choose(Wish("container"), BARE, tmp_path).commands
    with pytest.raises(WorkspaceError, match=r"overlay is not to be had: no bubblewrap; `sudo apt install bubblewrap`"):
        choose(Wish("overlay"), BARE, tmp_path)


def test_what_is_required_is_had_or_nothing_is_done(tmp_path: Path) -> None:
    assert choose(Wish(least="bind"), FULL, tmp_path).level == "overlay"
    assert choose(Wish(least="copy"), BARE, tmp_path).level == "copy"
    for wish, machine in ((Wish(least="bind"), BARE), (Wish(least="overlay"), NO_LAYERS), (Wish("copy", "bind"), FULL)):
        with pytest.raises(WorkspaceError, match="is required and not to be had"):
            choose(wish, machine, tmp_path)


def test_grants_are_named(tmp_path: Path) -> None:
    grants = Grants(("DATABASE_URL",), network=True, readable=(Path("/data"),), writable=(Path("/out"),))
    sentence = choose(Wish(grants=grants), FULL, tmp_path).sentence
    assert sentence.endswith(
        "granted: network shared with this machine, /data readable, /out writable, $DATABASE_URL passed on"
    )
    assert "network off" not in sentence
    copied = choose(Wish("copy", grants=grants), FULL, tmp_path).sentence
    assert copied.endswith("granted: $DATABASE_URL passed on")
    assert "network on" in copied


@pytest.mark.skipif(os.geteuid() == 0, reason="root may change everybody's files")
def test_a_strangers_tree_is_copied() -> None:
    assert choose(Wish(), FULL, Path("/usr")).level == "bind"
