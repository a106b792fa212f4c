"""The names of a tree, with git and without."""

import os

import pytest
from tests.adapters.conftest import Tree, git

from patchwire.adapters.listing import Listing
from patchwire.errors import WorkspaceError

FILES = {
    "a.py": "",
    "pkg/b.py": "",
    "gone.py": "",
    ".venv/pyvenv.cfg": "",
    "env/pyvenv.cfg": "",
    "env/lib/x.py": "",
    "node_modules/x/y.js": "",
    "__pycache__/a.pyc": "",
}


@pytest.mark.parametrize("repository", [True, False])
def test_what_a_tree_shows(tree: Tree, repository: bool) -> None:
    root = tree({k: v for k, v in FILES.items() if not repository or not k.startswith(("env", "."))}, repository=False)
    if repository:
        git(root, "init", "-q")
        git(root, "add", "a.py", "pkg", "gone.py")
    (root / "gone.py").unlink()
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("a.py")
    assert Listing(root).shown() == ("a.py", "link", "pkg/b.py")


def test_ignored_files_are_told_apart(tree: Tree) -> None:
    root = tree(
        {".gitignore": "made/\n*.so\n", "made/deep/x.txt": "", "y.so": "", "a.py": "", "made/__pycache__/z": ""}
    )
    assert sorted(Listing(root).everything()) == [
        (".gitignore", False), ("a.py", False), ("made/deep/x.txt", True), ("y.so", True),
    ]  # fmt: skip
    assert Listing(root).shown() == (".gitignore", "a.py")


def test_nested_repositories_are_part_of_it(tree: Tree) -> None:
    root = tree({"a.py": ""})
    nested = root / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    (nested / "b.py").write_text("")
    (nested / ".gitignore").write_text("c.py\n")
    (nested / "c.py").write_text("")
    assert Listing(root).shown() == ("a.py", "nested/.gitignore", "nested/b.py")


def test_a_tree_that_is_gone_is_said(tree: Tree) -> None:
    root = tree({}, repository=False)
    root.rmdir()
    with pytest.raises(WorkspaceError, match="cannot read"):
        Listing(root).shown()
