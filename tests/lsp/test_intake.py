"""From a command's argument and open documents to task and snapshot."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from pygls.uris import to_fs_path

from patchwire.agent.prompt import DEFAULT_TASK
from patchwire.errors import SettingsError
from patchwire.lsp import intake
from patchwire.task import Buffer, Focus

ROOT, INNER, OTHER = Path("/w/a"), Path("/w/a/inner"), Path("/w/b")


@dataclass
class Document:
    path: str
    source: str
    version: int | None = None


def test_one_folder_needs_no_document() -> None:
    task = intake.task({}, [ROOT], to_fs_path)
    assert (task.root, task.prompt, task.focus) == (ROOT, DEFAULT_TASK, None)


def test_the_innermost_folder_that_holds_the_document_is_the_root() -> None:
    task = intake.task({"uri": "file:///w/a/inner/x.py"}, [ROOT, INNER, OTHER], to_fs_path)
    assert (task.root, task.focus) == (INNER, Focus("x.py"))


@pytest.mark.parametrize(
    ("argument", "roots"),
    [({}, [ROOT, OTHER]), ({}, []), ({"uri": "file:///elsewhere/x.py"}, [ROOT])],
)
def test_a_root_that_cannot_be_told_is_asked_for(argument: dict, roots: list[Path]) -> None:
    with pytest.raises(SettingsError, match="`uri`"):
        intake.task(argument, roots, to_fs_path)


def test_a_range_counts_from_0_there_and_from_1_here() -> None:
    span = {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 2}}
    task = intake.task({"uri": "file:///w/a/x.py", "range": span, "instruction": " Rename. "}, [ROOT], to_fs_path)
    assert (task.focus, task.prompt) == (Focus("x.py", 4, 6), "Rename.")


@pytest.mark.parametrize("span", [None, 7, {}, {"start": {"line": "x"}, "end": {"line": 1}}])
def test_a_range_that_is_none_is_left_out(span: object) -> None:
    task = intake.task({"uri": "file:///w/a/x.py", "range": span, "instruction": " "}, [ROOT], to_fs_path)
    assert (task.focus, task.prompt) == (Focus("x.py"), DEFAULT_TASK)


def test_only_documents_of_the_root_are_in_the_snapshot() -> None:
    documents = [Document("/w/a/x.py", "text", 4), Document("/w/a/d/y.py", "more"), Document("/w/b/z.py", "other")]
    snapshot = intake.snapshot(ROOT, documents)
    assert snapshot.root == ROOT
    assert snapshot.buffers == (Buffer("x.py", "text", 4), Buffer("d/y.py", "more", 0))
