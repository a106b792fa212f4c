"""What a template is, and the view of a file that it looks through.

A template is a function from a syntax node and a `View` to `Idea`s. It never raises for odd code: it proposes nothing.
"""

import ast
import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from patchwire.repair.clues import Clues
from patchwire.repair.source import Edit, Source

_ATOMS = (
    ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr,
)  # fmt: skip
_TIGHT = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Attribute, ast.Await, ast.Starred, ast.IfExp, ast.Lambda)
_COMMENT = re.compile(r"#[^\n]*")


@lru_cache(maxsize=65536)
def likeness(left: str, right: str) -> float:
    """How alike two words are, from 0 to 1."""
    return difflib.SequenceMatcher(None, left, right).ratio()


@dataclass(frozen=True, slots=True)
class Idea:
    """An edit worth trying; `weight` tells its likelihood among the ideas of the same template (1 is usual)."""

    edits: tuple[Edit, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class View:
    """A file, and what the failing tests give away."""

    source: Source
    clues: Clues = field(default_factory=Clues)

    def text(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The node as it is written."""
        return self.source.segment(node)

    def atom(self, node: ast.expr) -> str:
        """The node as it is written, in brackets where an operator beside it would tear it apart."""
        return self.text(node) if self.text(node)[:1] == "(" or isinstance(node, _ATOMS) else f"({self.text(node)})"

    def replace(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg, text: str, weight: float = 1.0) -> Idea:
        """The node replaced by a text that binds as tightly as a call does."""
        return Idea((Edit(self.source.start(node), self.source.end(node), text),), weight)

    def put(self, node: ast.expr, text: str, weight: float = 1.0) -> Idea:
        """The node replaced by the text of any expression, in brackets where the surroundings need them."""
        return self.replace(node, f"({text})" if self.tight(node) else text, weight)

    def tight(self, node: ast.expr) -> bool:
        """Whether what stands around the node would tear a looser expression apart."""
        parent = self.source.parents.get(node)
        around = isinstance(parent, _TIGHT) or (isinstance(parent, ast.Call) and node is parent.func)
        return around or (
            isinstance(parent, (ast.Subscript, ast.comprehension))
            and node is getattr(parent, "value", getattr(parent, "iter", None))
        )

    def insert(self, offset: int, text: str, weight: float = 1.0) -> Idea:
        """A text put in at a place."""
        return Idea((Edit(offset, offset, text),), weight)

    def remove(self, start: int, end: int, weight: float = 1.0) -> Idea:
        """A span taken out."""
        return Idea((Edit(start, end, ""),), weight)

    def between(self, left: ast.expr, right: ast.expr, pattern: str) -> list[tuple[int, int]]:
        """The span of the first match of a pattern between two nodes, comments left aside; none where there is none."""
        start, end = self.source.end(left), self.source.start(right)
        gap = _COMMENT.sub(lambda comment: " " * len(comment[0]), self.source.text[start:end])
        match = re.search(pattern, gap)
        return [(start + match.start(), start + match.end())] if match else []

    def swap(self, left: ast.expr, right: ast.expr, weight: float = 1.0) -> Idea:
        """Two nodes in each other's place."""
        source = self.source
        first = Edit(source.start(left), source.end(left), self.text(right))
        return Idea((first, Edit(source.start(right), source.end(right), self.text(left))), weight)

    def scope(self, node: ast.AST) -> tuple[str, ...]:
        """The local names at a node, innermost function first, without those of the module."""
        names = dict.fromkeys(self._comprehension_names(node))
        function = self.source.function(node)
        while function is not None:
            names |= dict.fromkeys(self.source.names_in(function))
            function = self.source.function(function)
        return tuple(names)

    def _comprehension_names(self, node: ast.AST) -> Iterator[str]:
        for around in self.source.ancestors(node):
            if isinstance(around, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                targets = [generator.target for generator in around.generators]
                yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            elif isinstance(around, ast.Lambda):
                yield from (argument.arg for argument in around.args.args)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around a node."""
        return self.source.parents.get(node)


Propose = Callable[[Any, View], Iterator[Idea]]


@dataclass(frozen=True, slots=True)
class Template:
    """A habit of mistakes: its name, how likely it is (1: very), the nodes it looks at and what it proposes."""

    name: str
    prior: float
    nodes: tuple[type[ast.AST], ...]
    propose: Propose
