"""Which edits to try, and in which order: how suspicious the line is times how likely the mistake.

Knows templates and suspicion; what is done with the candidates is the procedure's business. The order is total and
needs no seed: the same files and the same failures give the same candidates.
"""

import ast
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from patchwire.repair.clues import Clues
from patchwire.repair.localise import Suspicion
from patchwire.repair.source import FUNCTIONS, Edit, Source, edited, syntax_error
from patchwire.repair.templates.catalogue import TEMPLATES
from patchwire.repair.templates.template import Idea, Template, View

_DECAY = 0.94  # each further idea of one template on one line
_MAX_LINES = 300  # the most suspicious ones of a file
_SHARPNESS = 1.1  # how much more a suspicious line counts than a likely mistake


@dataclass(frozen=True, slots=True)
class Candidate:
    """An edit of one file: where it stands, which template made it and how likely it is to be the fix."""

    path: str
    edits: tuple[Edit, ...]
    template: str
    score: float
    line: int

    @property
    def size(self) -> int:
        """How many characters go and come: the smaller edit is the better of two that pass."""
        return sum(edit.end - edit.start + len(edit.text) for edit in self.edits)


def candidates(sources: Iterable[Source], suspicion: Suspicion, clues: Clues, limit: int) -> tuple[Candidate, ...]:
    """The `limit` most promising edits, best first; each changes the text, none is proposed twice.

    Whether a file still parses with an edit made is not looked at here (`still_parses` is, for those that are tried).
    """
    found: dict[tuple[str, tuple[Edit, ...]], Candidate] = {}
    for source in sources:
        for candidate in _of_file(source, suspicion.get(source.path, {}), clues):
            key = (candidate.path, tuple(_least(source, edit) for edit in candidate.edits))
            if key not in found or found[key].score < candidate.score:
                found[key] = candidate
    return tuple(heapq.nsmallest(limit, found.values(), key=_order))


def merged(*lists: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Several lists of candidates as one, best first."""
    return tuple(sorted((candidate for part in lists for candidate in part), key=_order))


def _order(candidate: Candidate) -> tuple[float, str, int, tuple[Edit, ...]]:
    return (-candidate.score, candidate.path, candidate.line, candidate.edits)


def _of_file(source: Source, lines: dict[int, float], clues: Clues) -> Iterator[Candidate]:
    view = View(source, clues)
    lines = dict(heapq.nsmallest(_MAX_LINES, lines.items(), key=lambda item: (-item[1], item[0])))
    seen: dict[tuple[str, int], int] = defaultdict(int)
    for node in _nodes(source):
        line = getattr(node, "lineno", None) or _first_line(node)
        suspicion = lines.get(line, 0.0)
        if suspicion:
            for template in _templates_for(type(node).__name__):
                for idea in filter(partial(_changes, source), template.propose(node, view)):
                    rank = seen[template.name, line]
                    seen[template.name, line] += 1
                    score = suspicion**_SHARPNESS * template.prior * idea.weight * _DECAY**rank
                    yield Candidate(source.path, idea.edits, template.name, score, line)


def _first_line(node: ast.AST) -> int:
    return next((part.lineno for part in ast.walk(node) if isinstance(part, ast.expr)), 0)


def _nodes(source: Source) -> Iterator[ast.AST]:
    """All nodes, in the order of the text, without those whose place in the file is not known (some f-strings)."""
    todo: list[ast.AST] = [source.tree]
    while todo:
        node = todo.pop()
        yield node
        todo += reversed([child for child in ast.iter_child_nodes(node) if _placed(source, child)])


def _placed(source: Source, node: ast.AST) -> bool:
    if not isinstance(node, ast.FormattedValue):
        return True
    text = f"({source.segment(node.value)}\n)"
    return syntax_error(text) is None and ast.dump(ast.parse(text, mode="eval").body) == ast.dump(node.value)


@lru_cache(maxsize=256)
def _templates_for(kind: str) -> tuple[Template, ...]:
    return tuple(template for template in TEMPLATES if issubclass(getattr(ast, kind), template.nodes))


def _changes(source: Source, idea: Idea) -> bool:
    return any(source.text[edit.start : edit.end] != edit.text for edit in idea.edits)


def _least(source: Source, edit: Edit) -> Edit:
    """The edit without what it leaves as it is, so that equal changes compare equal."""
    start, end, text = edit.start, edit.end, edit.text
    while start < end and text and source.text[start] == text[0]:
        start, text = start + 1, text[1:]
    while start < end and text and source.text[end - 1] == text[-1]:
        end, text = end - 1, text[:-1]
    return Edit(start, end, text)


@lru_cache(maxsize=8192)
def still_parses(source: Source, edits: tuple[Edit, ...]) -> bool:
    """Whether the file parses with the edits made; only the function or top statement around them is looked at."""
    first, last = min(edit.start for edit in edits), max(edit.end for edit in edits)
    start, end = _around(source, source.line_of(first), source.line_of(last))
    begin, finish = source.line_start(start), source.line_start(end + 1) - 1
    shifted = tuple(Edit(edit.start - begin, edit.end - begin, edit.text) for edit in edits)
    text = edited(source.text[begin:finish], shifted)
    return syntax_error(f"if 1:\n{text}\n" if text[:1].isspace() else text) is None


def _around(source: Source, first: int, last: int) -> tuple[int, int]:
    """The lines of the smallest function or top statement that holds these lines (else of the whole file)."""
    best = (1, len(source.lines))
    for start, end in _spans(source):
        if start <= first and last <= end and end - start < best[1] - best[0]:
            best = (start, end)
    return best


@lru_cache(maxsize=64)
def _spans(source: Source) -> tuple[tuple[int, int], ...]:
    top = set(source.tree.body)
    return tuple(
        (min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]), node.end_lineno or node.lineno)
        for node in source.nodes
        if isinstance(node, ast.stmt) and (node in top or isinstance(node, FUNCTIONS))
    )
