"""Which URIs are files of this machine."""

import pytest

from patchwire.lsp.uris import file_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///w/a/x.py", "/w/a/x.py"),
        ("file:///w/a/caf%C3%A9%20x.py", "/w/a/café x.py"),
        ("file:///w/a/%2e%2e/b/x.py", "/w/b/x.py"),
        ("file:///w/a/x%2f..%2f..%2fb", "/w/b"),
        ("file:///w//a/./x.py", "/w/a/x.py"),
    ],
)
def test_a_file_has_a_regular_path(uri: str, path: str) -> None:
    assert file_path(uri) == path


@pytest.mark.parametrize(
    "uri",
    [
        *("untitled:Untitled-1", "git:/w/a/x.py?ref=HEAD", "http://evil/w/a/x.py", "vscode-remote://ssh/w/a/x.py"),
        *("file://host/w/a/x.py", "file:///w/a/x%00.py", "file:///w/a/.git/config", "file:///w/a/.GIT/hooks/x", ""),
    ],
)
def test_nothing_else_has_one(uri: str) -> None:
    assert file_path(uri) is None
