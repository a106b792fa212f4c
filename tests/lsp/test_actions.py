"""Lenses of failing tests, and what is offered while a turn runs; the rest is in test_commands and test_changes."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from patchwire.adapters.connections import Connections
from patchwire.lsp.actions import Actions
from patchwire.lsp.diagnostics import Diagnostics
from patchwire.lsp.documents import Document
from patchwire.lsp.names import COMMANDS, KINDS
from patchwire.lsp.roots import Root
from patchwire.patch.model import FileChange, Kind
from patchwire.task import TestReport, TestResult, TestStatus, Verdict

TEXT = "1\n2\n3\n4\n5\n6\n7\n8\n"


class Screen:
    def publish(self, uri: str, diagnostics: Any, version: int | None) -> None:
        pass


@pytest.fixture
def root() -> Root:
    return Root(Path("/w"), Connections(), {"a.py": TEXT, "t.py": "def test():\n    pass\n"}.get)


def actions(*, asks: bool = True) -> Actions:
    marks = Diagnostics(Screen(), lambda uri: (uri, 1))
    return Actions(marks, lambda uri, root: uri.removeprefix("file:///w/") if "/w/" in uri else None, asks)


def document(path: str, text: str = TEXT) -> Document:
    return Document(f"file:///w/{path}", text, 1)


def titles(found: list[types.CodeAction]) -> list[str]:
    return [action.title for action in found]


ANY = types.CodeActionContext([])


def test_several_hunks_are_offered_together_and_alone(root: Root) -> None:
    root.pending.replace([FileChange("a.py", Kind.MODIFY, TEXT, TEXT.replace("2", "TWO").replace("7", "SEVEN"))])
    offered = actions()
    lenses = [(lens.command.title, lens.range.start.line) for lens in offered.lenses(root, document("a.py"))]
    assert lenses == [
        ("Apply all (2 places)", 0),
        ("Discard all (2 places)", 0),
        ("Show all (2 places)", 0),
        ("Apply", 1),
        ("Discard", 1),
        ("Apply", 6),
        ("Discard", 6),
    ]
    assert "Apply this change" in titles(offered.code_actions(root, document("a.py"), 6, 6, ANY))
    assert "Apply this change" not in titles(offered.code_actions(root, document("a.py"), 3, 3, ANY))


def test_a_failing_test_has_a_lens(root: Root) -> None:
    root.report = TestReport(
        Verdict.FAILED, (), failed=1, results=(TestResult("t.py::test", TestStatus.FAILED, "t.py", 1),)
    )
    offered = actions()
    offered.diagnostics.show(root)
    (lens,) = offered.lenses(root, document("t.py", "def test():\n    pass\n"))
    assert (lens.command.title, lens.command.command) == ("Fix with Patchwire", "patchwire.fixTests")


def test_while_a_turn_runs_it_can_be_cancelled_and_spoken_to(root: Root) -> None:
    root.works.append(object())  # type: ignore[arg-type]  # that there is one is all that counts
    running = titles(actions().code_actions(root, document("a.py"), 0, 0, ANY))
    assert running == ["Cancel what Patchwire does", "Say something to Patchwire…"]
    assert titles(actions(asks=False).code_actions(root, document("a.py"), 0, 0, ANY)) == ["Cancel what Patchwire does"]


def test_a_selection_can_be_edited_where_the_user_can_be_asked(root: Root) -> None:
    assert "Edit with Patchwire…" in titles(actions().code_actions(root, document("a.py"), 1, 3, ANY))
    assert "Edit with Patchwire…" not in titles(actions().code_actions(root, document("a.py"), 1, 1, ANY))
    assert "Edit with Patchwire…" not in titles(actions(asks=False).code_actions(root, document("a.py"), 1, 3, ANY))


def test_a_document_outside_offers_nothing_on_its_lines(root: Root) -> None:
    assert actions().lenses(root, Document("untitled:1", "# patchwire: x\n", 1)) == []


def test_what_is_offered_is_a_command_of_ours_and_no_quick_fix(root: Root) -> None:
    wish = document("a.py", "# patchwire: do it\n")
    context = types.CodeActionContext(
        [
            types.Diagnostic(types.Range(types.Position(0, 0), types.Position(0, 1)), "bad", source="lint"),
            types.Diagnostic(types.Range(types.Position(0, 0), types.Position(0, 1)), "ours", source="patchwire"),
        ]
    )
    found = actions().code_actions(root, wish, 0, 2, context)
    assert titles(found)[:2] == ["Fix with Patchwire: bad", "Do it with Patchwire: do it"]
    assert {action.command.command for action in found} <= set(COMMANDS)
    assert {action.kind for action in found} <= set(KINDS)
    assert all(action.edit is None for action in found)
