"""Repositories that mean harm, and what shows whether they got their way."""

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.stage import BUGGY, PYTEST, git, repository

from patchwire.adapters.workspace import open_workspace
from patchwire.loopback.record import Exchange
from patchwire.ports import Workspace
from patchwire.task import Snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CANARY = "canary-7f3a9c"
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "VIRTUAL_ENV": sys.prefix}
PATHS_OUT = (
    *("../x", "/etc/x", "a/../../x", "C:\\x", "C:/x", "\\\\?\\C:\\x", "\\\\server\\share\\x", "a\\..\\..\\x"),
    *("x\0y", "a/./.git/x", ".git/hooks/pre-commit", ".GIT/config", ".git./x", ".git /x", "git~1/x", ".g\u200cit/x"),
    *(".git::$INDEX_ALLOCATION/x", "sub/.git", "\uff0egit/x"),
)
"""Paths that lead out of a tree, or into git's directory, on some disk."""


@asynccontextmanager
async def opened(
    root: Path, *, test: str = PYTEST, environment: Mapping[str, str] = ENVIRONMENT
) -> "AsyncIterator[Workspace]":
    """The workspace of a tree, closed at the end."""
    workspace = await open_workspace(Snapshot(root), test_command=test, environment=environment)
    try:
        yield workspace
    finally:
        await workspace.aclose()


def program(at: Path, marker: Path) -> Path:
    """A program that leaves `marker` behind when anybody runs it, and hands its input on."""
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(f"#!/bin/sh\necho ran >> {marker}\nexec cat\n")
    at.chmod(at.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return at


HOOKS = (
    *("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit", "pre-auto-gc"),
    *("post-merge", "post-rewrite", "fsmonitor-watchman", "applypatch-msg", "pre-applypatch", "sendemail-validate"),
)


def booby_trapped(root: Path, marker: Path, files: Mapping[str, str | bytes] = BUGGY) -> Path:
    """A repository whose configuration, attributes and hooks all name a program that leaves `marker` behind."""
    attributes = "* filter=evil diff=evil merge=evil\n"
    repository(root, {**files, ".gitattributes": attributes})
    trap(root, marker)
    return root


def trap(root: Path, marker: Path) -> None:
    """Make everything that git can be told to run, in the repository at `root`, leave `marker` behind."""
    evil = program(root.parent / "evil", marker)
    for hook in HOOKS:
        program(root / ".git" / "hooks" / hook, marker)
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command"),
        *("diff.external", "merge.evil.driver", "gpg.program", "credential.helper", "sequence.editor", "pager.diff"),
        *("pager.grep", "pager.log", "interactive.diffFilter", "uploadpack.packObjectsHook", "man.evil.cmd"),
        *("browser.evil.cmd", "difftool.evil.cmd", "mergetool.evil.cmd", "trailer.evil.command"),
    ):
        git(root, "config", key, str(evil))
    for verb in ("ls-files", "diff-tree", "grep", "rev-parse", "update-index", "hash-object", "write-tree", "status"):
        git(root, "config", f"alias.{verb}", f"!{evil}")
    git(root, "config", "core.hooksPath", str(root / ".git" / "hooks"))
    git(root, "config", "core.untrackedCache", "true")
    marker.unlink(missing_ok=True)  # setting the trap may have sprung it


async def use_every_tool(workspace: Workspace) -> None:
    """Do all that a model can have done to files: list, read, search, write, delete, look at the patch."""
    assert (await workspace.list("", 500)).total
    assert (await workspace.read("cart.py")).text
    await workspace.search("total", "", ignore_case=True, limit=50)
    await workspace.write([("cart.py", "X = 1\n"), ("new.py", "Y = 2\n"), ("test_cart.py", None)])
    assert b"cart.py" in await workspace.patch()
    assert len(await workspace.changes()) == 3
    await workspace.drifted()
    await workspace.refresh(Snapshot(Path(_original(workspace))))


def _original(workspace: Any) -> Path:
    original: Path = workspace._view.original
    return original


def sent(exchanges: Sequence[Exchange]) -> str:
    """Everything that went to the model, as one text."""
    import json

    return json.dumps([[exchange.body, exchange.context] for exchange in exchanges], ensure_ascii=False)
