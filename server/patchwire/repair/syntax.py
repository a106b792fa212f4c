"""Syntax repair from CPython's message and offset."""

from collections.abc import Sequence

from patchwire.repair.ranking import Candidate
from patchwire.repair.source import Source


def broken_files(messages: str) -> tuple[str, ...]:
    """The files that a message says do not parse, as it names them."""
    return ()


def in_tree(name: str, known: Sequence[str]) -> str | None:
    """The path in the tree that a message means."""
    return None


def candidates(file: Source) -> tuple[Candidate, ...]:
    """Edits after which the file parses, likeliest first."""
    return ()
