"""What the user has approved, workspace by workspace: a file of their own, readable by nobody else.

That of a test command is bound to what it does: the digest of `runners.detect.Definition` covers the command and the
text that defines it (a script of `package.json`, a Makefile), so a change of either makes it void. For a shell that can
ask:

    found = approvals.wanted(root, environment)          # None: nothing to run, or approved already
    if found is not None and await the_user_agrees(found.command, found.source):
        approvals.approve(root, found)

A command that the user named (`--test`, a setting) is approved by that. Without a person to ask (`patchwire run`),
starting the run is the approval of the command that is detected, and it is remembered the same way: a `changed`
definition is worth a line. An isolation that could be better is approved as it was put to the user, grants and all.
Knows no editor and runs nothing.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patchwire.adapters.runners.detect import Definition, detect
from patchwire.task import Isolation

_COMMANDS, _ISOLATIONS = "approved", "isolations"
_MOST = 1_000
"""Workspaces that are remembered; the oldest are forgotten first."""


def file() -> Path:
    """Where the approvals of this user are."""
    import platformdirs

    return Path(platformdirs.user_state_dir("patchwire", appauthor=False)) / "approvals.json"


@dataclass(frozen=True, slots=True)
class Approvals:
    """`where` names the file; nothing is made before the first approval."""

    where: Callable[[], Path] = file

    def wanted(self, root: Path, environment: Mapping[str, str]) -> Definition | None:
        """The command that would run the tests of `root` and is yet to be approved; None if there is none."""
        found = detect(root, environment)
        return None if found is None or self.approved(root, found) else found

    def approved(self, root: Path, definition: Definition) -> bool:
        """Whether this very command, as it is defined now, was approved for this workspace."""
        return self._read(_COMMANDS).get(_name(root)) == definition.digest

    def changed(self, root: Path, definition: Definition) -> bool:
        """Whether something else was approved before: what runs the tests is no longer what it was."""
        return self._read(_COMMANDS).get(_name(root), definition.digest) != definition.digest

    def approve(self, root: Path, definition: Definition) -> None:
        """Remember it, in place of what was approved before. Raises OSError where it cannot be written down."""
        self._remember(_COMMANDS, root, definition.digest)

    def accepted(self, root: Path, isolation: Isolation) -> bool:
        """Whether things may run in this workspace with no more than this isolation."""
        return self._read(_ISOLATIONS).get(_name(root)) == _digest(isolation)

    def accept(self, root: Path, isolation: Isolation) -> None:
        """Remember it, in place of what was accepted before. Raises OSError where it cannot be written down."""
        self._remember(_ISOLATIONS, root, _digest(isolation))

    def _remember(self, kind: str, root: Path, digest: str) -> None:
        known = {each: self._read(each) for each in (_COMMANDS, _ISOLATIONS)}
        known[kind].pop(_name(root), None)
        known[kind][_name(root)] = digest
        known[kind] = dict(list(known[kind].items())[-_MOST:])
        self._write(known)

    def _read(self, kind: str) -> dict[str, str]:
        """What was approved; nothing if the file is not there, is not ours alone, or cannot be understood."""
        try:
            with self.where().open("rb") as stream:
                status = os.fstat(stream.fileno())
                if status.st_uid != os.getuid() or status.st_mode & 0o022:
                    return {}
                known = json.load(stream)[kind]
            return {root: digest for root, digest in known.items() if isinstance(digest, str)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write(self, known: Mapping[str, Mapping[str, str]]) -> None:
        """In one step: a reader sees the old file or the new one."""
        target = self.where()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".approvals-")  # 0600 from the start
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(known, stream, indent=1)
            Path(name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _name(root: Path) -> str:
    return os.path.realpath(root)


def _digest(isolation: Isolation) -> str:
    return hashlib.sha256(str(isolation).encode()).hexdigest()
