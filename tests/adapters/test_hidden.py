"""`.patchwireignore` hides files, in any spelling and through links, and never shows a secret."""

from pathlib import Path

import pytest
from tests.stage import repository

from patchwire.adapters.hidden import Hidden, hidden_files, without_values
from patchwire.errors import ToolError, WorkspaceError


def hidden(root: Path, *lines: str) -> Hidden:
    (root / ".patchwireignore").write_text("\n".join(lines) + "\n")
    return Hidden.of(root)


def test_the_list_is_read_as_git_reads_its_own(tmp_path: Path) -> None:
    rules = hidden(tmp_path, "# a comment", "", "data/", "*.log", "!keep.log", "/top.txt", "a/**/z")
    paths = ("data/x", "x/data/y", "a.log", "keep.log", "top.txt", "x/top.txt", "a/b/c/z", "b/z")
    assert [path for path in paths if rules.ignored(path)] == ["data/x", "x/data/y", "a.log", "top.txt", "a/b/c/z"]


@pytest.mark.parametrize("path", ["DATA/x", "data./x", "data /x", "./data/x", "da\u200bta/x", "data/x::$DATA"])
def test_no_spelling_leads_around_it(tmp_path: Path, path: str) -> None:
    assert hidden(tmp_path, "data/").ignored(path)


def test_a_secret_cannot_be_shown_by_the_repository(tmp_path: Path) -> None:
    rules = hidden(tmp_path, "!.env", "!*.pem")
    assert rules.why(".env") == "settings like these hold passwords"
    assert [rules.shown(path) for path in (".env", ".env", "a.py")] == [False, False, True]


def test_the_refusal_says_why_and_what_to_do(tmp_path: Path) -> None:
    rules = hidden(tmp_path, "data/")
    with pytest.raises(
        ToolError, match=r"^data/x is kept from you: it is named in \.patchwireignore\. Go on without it"
    ):
        rules.check("data/x")
    with pytest.raises(ToolError, match=r"^link is kept from you"):
        rules.check("link", "data/x")
    rules.check("a.py", "b.py")
    with pytest.raises(ToolError, match="it holds a private key"):
        rules.check_text("deploy", "-----BEGIN PRIVATE KEY-----")
    rules.check_text("deploy", "echo")


def test_a_tree_that_is_reached_through_a_link_has_its_list(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "link").symlink_to("tree")
    hidden(tmp_path / "tree", "data/")
    assert Hidden.of(tmp_path / "link").ignored("data/x")


def test_without_a_list_nothing_is_ignored(tmp_path: Path) -> None:
    assert not Hidden.of(tmp_path).ignored("a.log")


def test_a_list_that_cannot_be_read_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / ".patchwireignore").symlink_to("elsewhere")
    with pytest.raises(WorkspaceError, match="cannot be read: it is a symbolic link; mend or remove it"):
        Hidden.of(tmp_path)
    (tmp_path / ".patchwireignore").unlink()
    with pytest.raises(WorkspaceError, match=r"cannot be read: .*; mend it"):
        hidden(tmp_path, "!")


def test_hidden_files_are_found_ignored_ones_too(tmp_path: Path) -> None:
    files = {
        ".gitignore": ".env\nignored/\n", ".env": "A=b", "ignored/key.pem": "k", "a.py": "", "data/x": "x",
        "deploy": "-----BEGIN PRIVATE KEY-----", ".npmrc": "registry=x", "firebase.json": "{}",
    }  # fmt: skip
    root = repository(tmp_path / "tree", files, commit=False)
    (root / "link").symlink_to("deploy")
    assert hidden_files(root, hidden(root, "data/")) == {".env", "ignored/key.pem", "data/x", "deploy"}


def test_values_of_secret_files_are_taken_out_of_a_text(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "tree", {".env": "API_KEY=sk-live-1\nOTHER_KEY=sk-live-1-longer\n", "a.py": "X_KEY = 'in-code-1'\n"}
    )
    (root / "key.pem").symlink_to(".env")
    clean = without_values(root, Hidden())
    assert clean("got sk-live-1-longer and sk-live-1, not in-code-1") == "got [secret] and [secret], not in-code-1"
    (root / ".env").unlink()
    assert without_values(root, Hidden())("sk-live-1") == "sk-live-1"
