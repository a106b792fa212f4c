"""A file's text with its syntax tree, offsets and names: what templates look at, and the edits they make.

Offsets are characters from the file's start; lines count from 1. Nothing is ever unparsed: an edit replaces a span of
the text and leaves every other character as it was.
"""

import ast
import bisect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replaces the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with all edits made; they must not overlap."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


_MARK = "\ufeff"  # a byte order mark: part of the text that is patched, not of the program


class Source:
    """One file: its path, text, and (where it parses) its tree with parents. Made by `source()`, which remembers."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        self._starts = starts
        self._within: dict[ast.AST, tuple[ast.AST, ...]] = {}
        self._names: dict[ast.AST, tuple[str, ...]] = {}
        self._attributes: dict[ast.ClassDef, tuple[str, ...]] = {}

    @cached_property
    def error(self) -> SyntaxError | None:
        """Why the text does not parse, None where it does."""
        return syntax_error(self.text)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; an empty one where the text does not parse."""
        return _parse(self.text) if self.error is None else ast.Module([], [])

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Every node's parent."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def offset(self, line: int, column: int) -> int:
        """The offset of a place as `ast` names it: a line from 1 and a column in UTF-8 bytes."""
        text = self.lines[line - 1]
        mark = _MARK if line == 1 and text.startswith(_MARK) else ""
        if not text.isascii():
            column = len(text.removeprefix(mark).encode()[:column].decode(errors="ignore"))
        return self._starts[line - 1] + len(mark) + column

    def start(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword) -> int:
        """Where a node begins."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword) -> int:
        """Where a node ends."""
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def segment(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The text of a node, as it is written."""
        return self.text[self.start(node) : self.end(node)]

    def line_of(self, offset: int) -> int:
        """The line that an offset is on."""
        return bisect.bisect_right(self._starts, offset, hi=len(self.lines))

    def line_start(self, line: int) -> int:
        """The offset of a line's first character (one past the last line: the end of the text and one more)."""
        return self._starts[line - 1]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is part of (itself where it is one)."""
        for around in (node, *self.ancestors(node)):
            if isinstance(around, ast.stmt):
                return around
        return None

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function around a node."""
        return next((around for around in self.ancestors(node) if isinstance(around, FUNCTIONS)), None)

    def klass(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class around a node."""
        return next((around for around in self.ancestors(node) if isinstance(around, ast.ClassDef)), None)

    def within(self, node: ast.AST) -> tuple[ast.AST, ...]:
        """A node and every node inside it; remembered, because templates ask for a function's again and again."""
        if node not in self._within:
            self._within[node] = tuple(ast.walk(node))
        return self._within[node]

    def names_in(self, scope: Function | None) -> tuple[str, ...]:
        """The names that are bound in a function (parameters first) or, for None, at the module's top, in order."""
        key: ast.AST = scope or self.tree
        if key not in self._names:
            self._names[key] = tuple(dict.fromkeys(_bound(key)))
        return self._names[key]

    @cached_property
    def module_names(self) -> tuple[str, ...]:
        """The names bound at the module's top."""
        return self.names_in(None)

    def attributes_of(self, klass: ast.ClassDef | None) -> tuple[str, ...]:
        """The methods and attributes that a class's body names, on itself or on `self`."""
        if klass is None:
            return ()
        if klass not in self._attributes:
            found = [name for statement in klass.body for name in _bound(statement, outer=True)]
            for node in self.within(klass):
                match node:
                    case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                        found.append(name)
            self._attributes[klass] = tuple(dict.fromkeys(found))
        return self._attributes[klass]


@lru_cache(maxsize=64)
def source(path: str, text: str) -> Source:
    """The source of a text; the same object for the same text, because trees are dear and a replay asks again."""
    return Source(path, text)


def syntax_error(text: str) -> SyntaxError | None:
    """What CPython says against a text, None where it parses. (A null byte or endless nesting is an error as well.)"""
    try:
        _parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error))
    return None


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a doubtful escape in the user's code is not our business
        return ast.parse(text.removeprefix(_MARK))


def _bound(scope: ast.AST, *, outer: bool = False) -> Iterator[str]:
    """The names that a scope binds, without those of the functions and classes inside it."""
    if isinstance(scope, FUNCTIONS) and not outer:
        arguments = scope.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            yield argument.arg
        yield from (extra.arg for extra in (arguments.vararg, arguments.kwarg) if extra)
    todo: list[ast.AST] = [scope] if outer else list(reversed(_inside(scope)))
    while todo:
        node = todo.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name
            todo += reversed(list(ast.iter_child_nodes(node)))


def _inside(scope: ast.AST) -> list[ast.AST]:
    return list(getattr(scope, "body", ()))
