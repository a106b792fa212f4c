"""Rows 39 and 40 of docs/security.md: what an editor or another program tells us is checked like all else."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from patchwire.agent import tools
from patchwire.errors import SettingsError
from patchwire.lsp import intake
from patchwire.lsp.uris import file_path

FOLDER, OTHER = Path("/w/shop"), Path("/w/other")


@dataclass
class Document:
    uri: str
    text: str = "text"
    version: int = 1


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "file:///w/shop/%2e%2e/secret.py",
            "file:///w/shop/../secret.py",
            "file:///w/shop/a/%2e%2e%2f%2e%2e%2fsecret.py",
        ),
        *("file:///etc/passwd", "file:///w/shop-secret/x.py", "file:///w/other/x.py", "file:///w"),
    ],
)
def test_row_39_a_document_outside_the_folder_is_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="in none of the open folders"):
        intake.root_of(uri, [FOLDER], file_path)
    assert intake.snapshot(FOLDER, [Document(uri)], file_path).buffers == ()


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "untitled:Untitled-1",
            "git:/w/shop/x.py?ref=HEAD",
            "http://evil/w/shop/x.py",
            "vscode-remote://x/w/shop/x.py",
        ),
        *("file://host/w/shop/x.py", "file:///w/shop/x%00.py", "file:///w/shop/.git/config", "file:///w/shop/.GIT/x"),
    ],
)
def test_row_39_what_is_no_file_of_the_folder_is_no_document_of_it(uri: str) -> None:
    assert intake.snapshot(FOLDER, [Document(uri)], file_path).buffers == ()
    with pytest.raises(SettingsError):
        intake.root_of(uri, [FOLDER, OTHER], file_path)


def test_row_39_a_document_belongs_to_its_own_folder_alone() -> None:
    assert intake.root_of("file:///w/other/x.py", [FOLDER, OTHER], file_path) == OTHER
    assert intake.snapshot(FOLDER, [Document("file:///w/other/x.py")], file_path).buffers == ()
    assert [
        buffer.path for buffer in intake.snapshot(FOLDER, [Document("file:///w/shop/a/x.py")], file_path).buffers
    ] == ["a/x.py"]


def test_row_40_there_are_no_tools_but_ours() -> None:
    """No MCP server and no plug-in can add a tool, so there is no description that could change after an approval."""
    assert {tool.name for tool in tools.offered(commands=True)} == set(tools.BY_NAME)
    assert isinstance(tools.TOOLS, tuple)
    for name in tools.BY_NAME:
        assert tools.find(name).definition()["type"] == "function"
    text = str([tool.definition() for tool in tools.BY_NAME.values()])
    assert "mcp" not in text.casefold()
