"""Repositories of every kind at every level: seen as their users see them, tested patched, and left as they were."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.adapters.conftest import apply_patch, fingerprint, git, needs

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import open_workspace
from patchwire.patch.model import Kind
from patchwire.ports import TestRun
from patchwire.task import Snapshot, Verdict

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
FILES = {
    "src/a.txt": "one\n",
    "src/b.txt": "two\n",
    "docs/guide.txt": "three\n",
    "check.sh": 'cat "$1" && { test ! -e .git || git log -1 --format=%s; }\n',
}


@dataclass(frozen=True)
class Repository:
    """A kind of repository: the files that are there, one to change, and all that must stay as it is."""

    root: Path
    files: frozenset[str]
    kept: Path
    changed: str = "src/a.txt"


def first(root: Path) -> Path:
    """A repository with two commits."""
    root.mkdir()
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "-q")
    for message in ("first", "second"):
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", message)
    return root


def shallow(place: Path) -> Repository:
    git(place, "clone", "-q", "--depth", "1", first(place / "origin").as_uri(), "tree")
    assert (place / "tree" / ".git" / "shallow").exists()
    return Repository(place / "tree", frozenset(FILES), place)


def sparse(place: Path) -> Repository:
    root = first(place / "tree")
    git(root, "sparse-checkout", "set", "src")
    assert not (root / "docs").exists()
    return Repository(root, frozenset(FILES) - {"docs/guide.txt"}, place)


def pointers(place: Path) -> Repository:
    """Large files that were not fetched, and a filter that would do it, and tell."""
    root = first(place / "tree")
    (root / "model.bin").write_text(POINTER)
    (root / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "second")
    for way in ("clean", "smudge", "process"):
        git(root, "config", f"filter.lfs.{way}", f"touch {place}/ran")
    return Repository(root, frozenset(FILES) | {"model.bin", ".gitattributes"}, place)


def locked(place: Path) -> Repository:
    root = first(place / "tree")
    (root / ".git" / "index.lock").touch()
    return Repository(root, frozenset(FILES), place)


def linked(place: Path) -> Repository:
    git(first(place / "main"), "worktree", "add", "-q", "-b", "side", str(place / "tree"))
    assert (place / "tree" / ".git").is_file()
    return Repository(place / "tree", frozenset(FILES), place)


def submodule(place: Path) -> Repository:
    root = first(place / "tree")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", first(place / "lib").as_uri(), "lib")
    git(root, "commit", "-q", "-m", "second")
    files = frozenset(FILES) | {".gitmodules"} | {f"lib/{path}" for path in FILES}
    return Repository(root, files, place, "lib/src/a.txt")


@pytest.mark.parametrize("level", ["overlay", "bind", "copy"])
@pytest.mark.parametrize("kind", [shallow, sparse, pointers, locked, linked, submodule])
async def test_a_repository_of_any_kind_is_worked_on_and_left_alone(
    kind: Callable[[Path], Repository], level: str, tmp_path: Path
) -> None:
    needs(level)
    repository = kind(tmp_path)
    root, changed = repository.root, repository.changed
    before = fingerprint(repository.kept)
    async with await open_workspace(
        Snapshot(root),
        test_command=f"sh check.sh {changed}",
        environment={"PATH": os.environ["PATH"]},
        wish=Wish(level),
    ) as workspace:
        assert set((await workspace.list("", 100)).items) == repository.files
        assert (await workspace.read(changed)).text == "one\n"
        assert changed in {hit.path for hit in (await workspace.search("one", "", ignore_case=False, limit=9)).items}
        await workspace.write([(changed, "patched\n"), ("docs/new.txt", "new\n"), ("src/b.txt", None)])
        report = await workspace.run_tests(TestRun())
        assert (report.verdict, report.output) == (
            Verdict.PASSED,
            "patched\n" if level == "copy" else "patched\nsecond\n",
        )
        assert {change.path: change.kind for change in await workspace.changes()} == {
            changed: Kind.MODIFY,
            "docs/new.txt": Kind.ADD,
            "src/b.txt": Kind.DELETE,
        }
        patch = await workspace.patch()
        assert await workspace.drifted() == ()
    assert fingerprint(repository.kept) == before
    apply_patch(root, patch)
    assert (root / changed).read_text() == "patched\n"
    assert not (root / "src" / "b.txt").exists()
