"""What is offered at a place, as code actions and code lenses: all of it commands, none of it a quick fix.

Reads what is known of a document and its root; starts nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from patchwire.lsp import intake
from patchwire.lsp.diagnostics import SOURCE, Diagnostics
from patchwire.lsp.documents import Document
from patchwire.lsp.names import KINDS
from patchwire.lsp.roots import Root

_HERE, _ALL = KINDS
MAX_TITLE = 70


@dataclass(frozen=True, slots=True)
class Offer:
    """A command that is offered on lines of the document (from 0, the last one included); anywhere if there are none.

    `lens` is its title as a lens; empty where it is an action only.
    """

    title: str
    command: str
    argument: dict[str, Any]
    kind: str
    lines: tuple[int, int] | None = None
    lens: str = ""

    @property
    def to_run(self) -> types.Command:
        """What the client runs."""
        return types.Command(self.title, self.command, arguments=[self.argument])


@dataclass(slots=True)
class Actions:
    """`path_of` gives a document's path in its root. `asks` says that the client can ask the user for a text."""

    diagnostics: Diagnostics
    path_of: Callable[[str, Root], str | None]
    asks: bool

    def code_actions(
        self, root: Root, document: Document, first: int, last: int, context: types.CodeActionContext
    ) -> list[types.CodeAction]:
        """The actions for the lines from `first` to `last`."""
        offers = [*self._about_diagnostics(document, context.diagnostics), *self._on_lines(root, document)]
        found = [
            offer for offer in offers if offer.lines is None or (offer.lines[0] <= last and offer.lines[1] >= first)
        ]
        if self.asks and last > first:
            lines = {"start": {"line": first, "character": 0}, "end": {"line": last + 1, "character": 0}}
            argument: dict[str, Any] = {"uri": document.uri, "range": lines}
            found.append(Offer("Edit with Patchwire…", "patchwire.editSelection", argument, _HERE))
        found += self._anywhere(root, document)
        wanted = context.only
        return [
            types.CodeAction(offer.title, kind=offer.kind, command=offer.to_run)
            for offer in found
            if wanted is None or any(_covers(str(getattr(kind, "value", kind)), offer.kind) for kind in wanted)
        ]

    def lenses(self, root: Root, document: Document) -> list[types.CodeLens]:
        """The lenses of a document."""
        return [
            types.CodeLens(
                types.Range(types.Position(offer.lines[0], 0), types.Position(offer.lines[0], 0)),
                command=types.Command(offer.lens, offer.command, arguments=[offer.argument]),
            )
            for offer in self._on_lines(root, document)
            if offer.lens and offer.lines is not None
        ]

    # ---- what there is to offer

    def _on_lines(self, root: Root, document: Document) -> Iterator[Offer]:
        path = self.path_of(document.uri, root)
        if path is None:
            return
        yield from self._about_change(root, document, path)
        for test, line in self.diagnostics.failures(root, path):
            title = f"Fix with Patchwire: {_short(test.id)}"
            here = {"uri": document.uri}
            yield Offer(title, "patchwire.fixTests", here, _HERE, (line, line), "Fix with Patchwire")
        for wish in intake.wishes(document.text, document.lines):
            lines = {"start": {"line": wish.first, "character": 0}, "end": {"line": wish.last + 1, "character": 0}}
            argument = {"uri": document.uri, "range": lines}
            title = f"Do it with Patchwire: {_short(wish.text)}"
            yield Offer(title, "patchwire.doComment", argument, _HERE, (wish.first, wish.last), "Do it with Patchwire")

    def _about_change(self, root: Root, document: Document, path: str) -> Iterator[Offer]:
        root.pending.sync()
        file = root.pending.review.file(path)
        change = root.pending.as_json() if file is not None and file.pending else None
        if change is None:
            return
        this = next(one for one in change["files"] if path in (one["path"], one["oldPath"]))
        many = len(change["files"]) > 1 or len(this["hunks"]) > 1
        if many:
            several = len(change["files"]) > 1
            size = _counted(len(change["files"]), "file") if several else _counted(len(this["hunks"]), "place")
            yield from self._whole(document, size, (0, 0))
        for hunk in this["hunks"]:
            lines = (
                hunk["range"]["start"]["line"],
                max(hunk["range"]["start"]["line"], hunk["range"]["end"]["line"] - 1),
            )
            argument = {"uri": document.uri, "hunks": [hunk["id"]]}
            if hunk["fits"]:
                yield Offer("Apply this change", "patchwire.applyChange", argument, _HERE, lines, "Apply")
            yield Offer("Discard this change", "patchwire.discardChange", argument, _HERE, lines, "Discard")
            if not many:
                show = {"uri": document.uri}
                yield Offer("Show the change", "patchwire.showChange", show, _HERE, lines, "Show")

    def _whole(self, document: Document, size: str, lines: tuple[int, int] | None) -> Iterator[Offer]:
        argument = {"uri": document.uri}
        for verb, command in (("Apply", "applyChange"), ("Discard", "discardChange"), ("Show", "showChange")):
            yield Offer(
                f"{verb} all of the change ({size})",
                f"patchwire.{command}",
                argument,
                _ALL,
                None if lines is None else (0, 1 << 30),
                f"{verb} all ({size})",
            )

    def _about_diagnostics(self, document: Document, found: Sequence[types.Diagnostic]) -> Iterator[Offer]:
        for one in found:
            if one.source == SOURCE:
                continue  # ours have better offers
            span = {
                "start": {"line": one.range.start.line, "character": one.range.start.character},
                "end": {"line": one.range.end.line, "character": one.range.end.character},
            }
            said = {"message": one.message, "source": one.source, "code": one.code}
            diagnostic = {key: value for key, value in said.items() if value is not None}
            argument = {"uri": document.uri, "range": span, "diagnostic": diagnostic}
            yield Offer(f"Fix with Patchwire: {_short(one.message)}", "patchwire.fixDiagnostic", argument, _HERE)

    def _anywhere(self, root: Root, document: Document) -> Iterator[Offer]:
        argument = {"uri": document.uri}
        if root.works:
            yield Offer("Cancel what Patchwire does", "patchwire.cancel", argument, _ALL)
            if self.asks:
                yield Offer("Say something to Patchwire…", "patchwire.addMessage", argument, _ALL)
            return
        yield Offer("Fix failing tests with Patchwire", "patchwire.fixTests", argument, _ALL)
        yield Offer("Run the tests with Patchwire", "patchwire.runTests", argument, _ALL)
        if self.asks and root.session is not None and root.session.transcript:
            yield Offer("Continue with Patchwire…", "patchwire.continue", argument, _ALL)
        waiting = [file for file in root.pending.review.files if file.pending]
        if waiting and not any(self._is(root, document, file) for file in waiting):
            yield from self._whole(document, _counted(len(waiting), "file"), None)

    def _is(self, root: Root, document: Document, file: Any) -> bool:
        return self.path_of(document.uri, root) in (file.change.path, file.source)


def _covers(wanted: str, kind: str) -> bool:
    return not wanted or kind == wanted or kind.startswith(f"{wanted}.")


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"
