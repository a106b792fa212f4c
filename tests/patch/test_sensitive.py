"""What runs code when it is accepted is named, however it is spelt; ordinary files are not."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.patch.sensitive import sensitive, why_sensitive

SENSITIVE = {
    ".vscode/settings.json": "your editor acts on it",
    ".vscode/tasks.json": "your editor acts on it",
    "web/.vscode/launch.json": "your editor acts on it",
    ".idea/runConfigurations/x.xml": "your editor acts on it",
    "shop.code-workspace": "your editor acts on it",
    ".cursor/mcp.json": "coding agents obey it",
    ".claude/settings.json": "coding agents obey it",
    ".codex/config.toml": "coding agents obey it",
    ".mcp.json": "coding agents obey it",
    "docs/AGENTS.md": "coding agents obey it",
    "CLAUDE.md": "coding agents obey it",
    ".github/copilot-instructions.md": "coding agents obey it",
    ".patchwireignore": "it decides which files a model may read",
    ".github/workflows/ci.yml": "the build server runs it",
    ".gitlab-ci.yml": "the build server runs it",
    "Jenkinsfile": "the build server runs it",
    ".envrc": "your shell runs it",
    "Makefile": "building, installing or testing runs it",
    "justfile": "building, installing or testing runs it",
    "setup.py": "building, installing or testing runs it",
    "setup.cfg": "building, installing or testing runs it",
    "pyproject.toml": "building, installing or testing runs it",
    "tests/conftest.py": "building, installing or testing runs it",
    "tasks.py": "building, installing or testing runs it",
    "vite.config.ts": "building, installing or testing runs it",
    "src/sitecustomize.py": "Python runs it at start-up",
    ".venv/bin/python": "Python runs it at start-up",
    "package.json": "package managers act on it",
    ".npmrc": "package managers act on it",
    "requirements-dev.txt": "package managers act on it",
    ".git": "git acts on it",
    ".git/hooks/pre-commit": "git acts on it",
    ".gitattributes": "git acts on it",
    ".gitmodules": "git acts on it",
    ".pre-commit-config.yaml": "git hooks run it",
    ".husky/pre-push": "git hooks run it",
    ".devcontainer/devcontainer.json": "starting its container runs it",
    "Dockerfile": "starting its container runs it",
    "SETTIN~1/x.json": "on Windows it may be the short name of another file",
}


@pytest.mark.parametrize(("path", "why"), SENSITIVE.items())
def test_what_runs_code_is_named_with_the_reason(path: str, why: str) -> None:
    assert why_sensitive(path) == why


@pytest.mark.parametrize(
    "path",
    [
        "shop/cart.py",
        "tests/test_cart.py",
        "README.md",
        "shop/tasks.py",
        "shop/build.py",
        "docs/makefiles.md",
        "vscode/settings.json",
        "my.vscode/x",
        ".github/ISSUE_TEMPLATE.md",
        "idea/x",
        "notes~",
        "data/settings.json",
        "",
    ],
)
def test_ordinary_files_are_not(path: str) -> None:
    assert why_sensitive(path) is None


DISGUISES = st.sampled_from(
    [
        str.upper,
        str.title,
        lambda path: unicodedata.normalize("NFD", path),
        lambda path: path + ".",
        lambda path: path + " ",
        lambda path: path.replace("/", " /"),
        lambda path: path.replace("/", "\\"),
        lambda path: path + "::$DATA",
        lambda path: path[:1] + "\u200c" + path[1:],
        lambda path: "./" + path,
        lambda path: path.replace("/", "/./"),
    ]
)


@given(st.sampled_from(sorted(SENSITIVE)), st.lists(DISGUISES, max_size=4))
def test_no_disguise_makes_a_file_harmless(path: str, disguises: list[Callable[[str], str]]) -> None:
    for disguise in disguises:
        path = disguise(path)
    assert why_sensitive(path) is not None


def test_many_paths_are_judged_in_order_and_once() -> None:
    assert sensitive(["b/Makefile", "a.py", ".envrc", ".envrc"]) == (
        (".envrc", "your shell runs it"),
        ("b/Makefile", "building, installing or testing runs it"),
    )
