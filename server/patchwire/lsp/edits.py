"""From changes to files to one edit of the editor's: versioned, annotated where that can be shown, and undone at once.

The first lines on the way back that know LSP again. Values in, values out: sends nothing and reads nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lsprotocol import types

from patchwire.lsp.client import Abilities
from patchwire.patch.diff import Encoding, TextEdit, text_edits
from patchwire.patch.model import FileChange, Kind


@dataclass(frozen=True, slots=True)
class Planned:
    """A change to one file and where that file is. `version` is that of the open document, None if it is not open.

    `ask` says that the user is to confirm it, and `why`.
    """

    change: FileChange
    uri: str
    new_uri: str
    version: int | None
    ask: bool = False
    why: str = ""


_Change = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def can_carry(change: FileChange, can: Abilities) -> bool:
    """Whether an edit can do this in that client; what it cannot is done on the disk."""
    if change.before is None and change.after is None:
        return False
    match change.kind:
        case Kind.ADD:
            return can.document_changes and can.creates
        case Kind.DELETE:
            return can.document_changes and can.deletes
        case Kind.RENAME:
            return can.document_changes and can.renames
        case Kind.MODIFY:
            return True


def workspace_edit(planned: Sequence[Planned], can: Abilities, encoding: Encoding) -> types.WorkspaceEdit:
    """One edit for all of it. Every change must be one that `can_carry`."""
    if not can.document_changes:
        plain = {plan.uri: list(_text_edits(plan.change, encoding)) for plan in planned}
        return types.WorkspaceEdit(changes=plain)
    annotated = can.annotations
    return types.WorkspaceEdit(
        document_changes=[one for plan in planned for one in _changes(plan, encoding, annotated=annotated)],
        change_annotations={_name(plan): _annotation(plan) for plan in planned} if annotated else None,
    )


def _changes(plan: Planned, encoding: Encoding, *, annotated: bool) -> Iterable[_Change]:
    change, name = plan.change, _name(plan) if annotated else None
    match change.kind:
        case Kind.DELETE:
            yield types.DeleteFile(plan.uri, annotation_id=name)
            return
        case Kind.ADD:
            yield types.CreateFile(plan.new_uri, annotation_id=name)
        case Kind.RENAME:
            yield types.RenameFile(plan.uri, plan.new_uri, annotation_id=name)
        case Kind.MODIFY:
            pass
    edits = list(_text_edits(change, encoding))
    if edits:
        version = plan.version if change.kind is Kind.MODIFY else None
        document = types.OptionalVersionedTextDocumentIdentifier(plan.new_uri, version)
        yield types.TextDocumentEdit(document, [_annotated(edit, name) for edit in edits])


def _text_edits(change: FileChange, encoding: Encoding) -> Iterable[types.TextEdit]:
    return map(_edit, text_edits(change.before or "", change.after or "", encoding))


def _edit(edit: TextEdit) -> types.TextEdit:
    start = types.Position(edit.start_line, edit.start_column)
    return types.TextEdit(types.Range(start, types.Position(edit.end_line, edit.end_column)), edit.text)


def _annotated(edit: types.TextEdit, name: str | None) -> types.TextEdit | types.AnnotatedTextEdit:
    return edit if name is None else types.AnnotatedTextEdit(name, edit.range, edit.new_text)


def _name(plan: Planned) -> str:
    return f"patchwire:{plan.change.path}"


def _annotation(plan: Planned) -> types.ChangeAnnotation:
    label = f"Patchwire: {plan.change.path}"
    return types.ChangeAnnotation(label, needs_confirmation=plan.ask, description=plan.why or None)
