"""What an argument is about."""

from pathlib import Path

import pytest
from pygls.uris import to_fs_path

from patchwire.errors import SettingsError
from patchwire.lsp.intake import Argument
from patchwire.lsp.places import Places
from patchwire.lsp.roots import Root, Roots
from patchwire.task import Focus

A, B = Path("/w/a"), Path("/w/b")


def places(*folders: Path) -> Places:
    return Places(Roots(lambda path: None), to_fs_path, lambda: list(folders))


def test_a_place_in_a_document() -> None:
    there = places(A)
    root, at = there.place(Argument(uri="file:///w/a/x.py", lines=(3, 5)))
    assert (root.path, at) == (A, Focus("x.py", 4, 6))
    assert there.focus(Argument(uri="file:///w/a/x.py"), root) == Focus("x.py")
    assert there.focus(Argument(uri="file:///w/a"), root) is None
    assert there.focus(Argument(), root) is None
    with pytest.raises(SettingsError, match="about a place"):
        there.place(Argument())


def test_a_document_of_no_folder() -> None:
    there = places(A)
    assert there.root_of("file:///elsewhere/x.py") is None
    root = there.root_of("file:///w/a/x.py")
    assert root is not None
    assert there.path("file:///elsewhere/x.py", root) is None
    assert there.path("untitled:1", root) is None


def test_the_only_one_that_fits() -> None:
    there = places(A, B)
    a, b = (there.root(Argument(uri=path.as_uri())) for path in (A, B))

    def is_a(root: Root) -> bool:
        return root is a

    assert there.only(Argument(), is_a) is a
    assert there.only(Argument(uri=B.as_uri()), is_a) is None
    assert there.only(Argument(), lambda root: False) is None
    with pytest.raises(SettingsError, match="Several folders"):
        there.only(Argument(), lambda root: True)
    assert b.path == B
    assert places(A).only(Argument(), lambda root: True) is not None
