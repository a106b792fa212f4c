"""Rows 13 to 15 of docs/security.md: what runs code when it is accepted is never accepted silently."""

import unicodedata
from pathlib import Path

import pytest
from tests.cli.test_run import patchwire, to
from tests.stage import BUGGY, FIX, fingerprint, repository

from patchwire.loopback.play import Play, call, say
from patchwire.loopback.server import Loopback
from patchwire.patch.sensitive import why_sensitive

SENSITIVE = (
    *(".vscode/settings.json", ".vscode/tasks.json", ".vscode/launch.json", ".idea/workspace.xml", "x.code-workspace"),
    *(".cursor/mcp.json", ".claude/settings.json", ".codex/config.toml", ".mcp.json", "AGENTS.md", "CLAUDE.md"),
    *(".github/workflows/ci.yml", ".gitlab-ci.yml", ".envrc", "Makefile", "justfile", "conftest.py", "setup.py"),
    *("setup.cfg", "pyproject.toml", "package.json", ".npmrc", ".gitattributes", ".gitmodules", ".gitignore"),
    *(".pre-commit-config.yaml", ".devcontainer/devcontainer.json", "Dockerfile"),
)


def added(path: str) -> str:
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"


async def applied(root: Path, patch: str, *options: str) -> tuple[int, str]:
    async with Loopback(Play(call("write_patch", patch=FIX + patch), say("Done."))) as server:
        ended = await patchwire("--repo", str(root), "--apply", *options, **to(server))
    return ended.code, ended.err


async def test_row_13_what_runs_code_is_named_and_not_applied(tmp_path: Path) -> None:
    assert [path for path in SENSITIVE if why_sensitive(path) is None] == []
    existing = ("Makefile", ".vscode/tasks.json", ".github/workflows/ci.yml")
    root = repository(tmp_path / "shop", {**BUGGY, **dict.fromkeys(existing, "old\n")})
    before = fingerprint(root)
    patch = "".join(f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-old\n+new\n" for path in existing)
    code, said = await applied(root, patch)
    assert code == 3, said
    assert all(f"{path} (" in said for path in existing)
    assert "it touches" in said
    assert "--allow-sensitive" in said
    assert fingerprint(root) == before
    code, said = await applied(root, added("Makefile.local"), "--allow-sensitive")
    assert code == 0, said
    assert (root / "Makefile.local").exists()


@pytest.mark.parametrize(
    "disguise",
    [
        str.upper,
        str.title,
        lambda path: unicodedata.normalize("NFD", path),
        lambda path: path.replace("/", "./") if "/" in path[1:] else path + ".",
        lambda path: path + " ",
        lambda path: path + "...",
        lambda path: path + "::$DATA",
        lambda path: path[:2] + "\u200d" + path[2:],
    ],
)
def test_row_14_no_other_spelling_is_harmless(disguise) -> None:  # type: ignore[no-untyped-def]  # a table of functions
    assert [path for path in SENSITIVE if why_sensitive(disguise(path)) is None] == []


async def test_row_15_a_file_that_is_not_there_yet_is_named_as_well(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop")
    before = fingerprint(root)
    missing = (".cursor/mcp.json", ".claude/settings.json", ".VSCODE/Settings.json")
    code, said = await applied(root, "".join(map(added, missing)))
    assert code == 3, said
    assert "it touches" in said
    assert all(f"{path} (" in said for path in missing)
    assert fingerprint(root) == before
