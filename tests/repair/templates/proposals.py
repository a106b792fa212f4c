"""What a template makes of a piece of code."""

import ast

from patchwire.repair.clues import Clues
from patchwire.repair.source import Source, edited
from patchwire.repair.templates.template import Propose, Template, View


def proposals(templates: tuple[Template, ...], propose: Propose, code: str, clues: Clues | None = None) -> list[str]:
    """All texts that one function of a room's templates proposes for a text, likeliest first; each must parse."""
    source = Source("x.py", code)
    view = View(source, clues or Clues())
    kinds = tuple(kind for template in templates if template.propose is propose for kind in template.nodes)
    ideas = [idea for node in source.nodes if isinstance(node, kinds) for idea in propose(node, view)]
    texts = [edited(code, idea.edits) for idea in sorted(ideas, key=lambda idea: -idea.weight)]
    for text in texts:
        ast.parse(text)
    return texts
