"""From a command's argument and open documents to task and snapshot."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from pygls.uris import to_fs_path

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.errors import SettingsError
from patchwire.lsp import intake
from patchwire.lsp.documents import split
from patchwire.lsp.intake import Argument, ArgumentError, Wish
from patchwire.task import Buffer, Focus

ROOT, INNER, OTHER = Path("/w/a"), Path("/w/a/inner"), Path("/w/b")
SPAN = {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 2}}


@dataclass
class Document:
    uri: str
    text: str
    version: int = 1


@pytest.mark.parametrize("given", [None, [], [None], [{}], [{"unknown": 1}], [{"uri": None}], [{"instruction": "  "}]])
def test_an_argument_may_be_left_out(given: object) -> None:
    assert intake.argument("c", given) == Argument()


def test_every_key_is_read() -> None:
    given = {
        "uri": "file:///w/a/x.py",
        "range": SPAN,
        "instruction": " Rename. ",
        "test": "make test",
        "files": ["x.py"],
        "hunks": [],
        "targets": ["t.py::t"],
        "confirm": True,
        "open": False,
        "diagnostic": {"message": "m"},
        "model": "m",
        "effort": "low",
        "trusted": False,
        "session": "1-a",
    }
    read = intake.argument("c", [given])
    assert read == Argument(
        uri="file:///w/a/x.py",
        lines=(3, 5),
        instruction="Rename.",
        test="make test",
        files=("x.py",),
        hunks=(),
        targets=("t.py::t",),
        confirm=True,
        open=False,
        diagnostic={"message": "m"},
        model="m",
        effort="low",
        trusted=False,
        session="1-a",
    )


def test_a_range_that_ends_where_a_line_begins_does_not_touch_it() -> None:
    span = {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}}
    assert intake.argument("c", [{"range": span}]).lines == (3, 4)
    empty = {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 0}}
    assert intake.argument("c", [{"range": empty}]).lines == (3, 3)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (7, "c takes one object"),
        ([7], "c takes one object"),
        ([{}, {}], "c takes one object"),
        ([{"uri": 7}], "`uri` is a text"),
        ([{"confirm": "yes"}], "`confirm` is true or false"),
        ([{"diagnostic": []}], "`diagnostic` is an object"),
        ([{"files": "x.py"}], "`files` is a list of texts"),
        ([{"hunks": [1]}], "`hunks` is a list of texts"),
        ([{"range": 7}], "`range` is an LSP range"),
        ([{"range": {}}], "`range` is an LSP range"),
        ([{"range": {"start": {"line": "x", "character": 0}, "end": {"line": 1, "character": 0}}}], "`range`"),
        ([{"range": {"start": {"line": 5, "character": 0}, "end": {"line": 1, "character": 0}}}], "`range`"),
        ([{"range": {"start": {"line": True, "character": 0}, "end": {"line": True, "character": 0}}}], "`range`"),
    ],
)
def test_what_a_command_does_not_take_is_said(given: object, what: str) -> None:
    with pytest.raises(ArgumentError, match=what):
        intake.argument("c", given)


def test_one_folder_needs_no_document() -> None:
    assert intake.root_of(None, [ROOT], to_fs_path) == ROOT


def test_the_innermost_folder_that_holds_the_document_is_the_root() -> None:
    assert intake.root_of("file:///w/a/inner/x.py", [ROOT, INNER, OTHER], to_fs_path) == INNER


@pytest.mark.parametrize(
    ("uri", "roots", "what"),
    [
        (None, [ROOT, OTHER], "Several folders are open"),
        (None, [], "No folder is open"),
        ("file:///elsewhere/x.py", [ROOT], "x.py is in none of the open folders"),
        ("untitled:1", [ROOT, OTHER], "Several folders are open"),
    ],
)
def test_a_root_that_cannot_be_told_is_asked_for(uri: str | None, roots: list[Path], what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        intake.root_of(uri, roots, to_fs_path)


def test_only_documents_of_the_root_are_in_the_snapshot() -> None:
    documents = [
        Document("file:///w/a/x.py", "text", 4),
        Document("file:///w/a/d/y%20z.py", "more"),
        Document("file:///w/a/.git/COMMIT_EDITMSG", "not this"),
        Document("file:///w/b/z.py", "other"),
        Document("untitled:1", "unsaved"),
    ]
    snapshot = intake.snapshot(ROOT, documents, to_fs_path)
    assert snapshot.root == ROOT
    assert snapshot.buffers == (Buffer("x.py", "text", 4), Buffer("d/y z.py", "more", 1))


def test_what_a_turn_is_asked() -> None:
    at = Focus("x.py", 4, 6)
    assert intake.fix_tests(Argument(), ROOT, None).prompt == DEFAULT_TASK
    assert intake.fix_tests(Argument(instruction="Rename."), ROOT, at).prompt == "Rename."
    found = [{"message": "undefined name 'x'", "source": "ruff", "code": "F821"}, {"message": "odd"}]
    assert intake.fix_diagnostic(found, ROOT, at).prompt == (
        "Fix the cause of what is reported at x.py, line 4:\n"
        "<diagnostic>\nruff F821: undefined name 'x'\nodd\n</diagnostic>"
    )
    assert "at x.py:" in intake.fix_diagnostic(found, ROOT, Focus("x.py")).prompt
    assert intake.edit_selection("Rename it.", ROOT, at).prompt.startswith("Rename it.\n\n")
    assert "remove that comment" in intake.do_comment("Rename it.", ROOT, at).prompt


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\n# patchwire: rename x\ny\n", [Wish(1, 1, "rename x")]),
        ("x = 1  # Patchwire: rename x\n# and more\n", [Wish(0, 0, "rename x")]),
        ("  // patchwire: rename x\r\n  // in all files\r\n  y\r\n", [Wish(0, 1, "rename x in all files")]),
        ("/* patchwire: rename x */\n", [Wish(0, 0, "rename x")]),
        ("/* patchwire: rename x\n * everywhere\n */\n", [Wish(0, 1, "rename x everywhere")]),
        ("<!-- patchwire: rename x -->\n", [Wish(0, 0, "rename x")]),
        ("-- patchwire: rename x\n-- patchwire: drop y\n", [Wish(0, 0, "rename x"), Wish(1, 1, "drop y")]),
        ("# patchwire: rename x\n\n# something else\n", [Wish(0, 0, "rename x")]),
        ("# patchwire:\n", []),
        ("print('patchwire: no comment')\n", []),
        ("", []),
    ],
)
def test_comments_that_ask_for_something(text: str, found: list[Wish]) -> None:
    assert intake.wishes(text, split(text)) == found
