"""Misspelt names and missing imports: what CPython's own message says about them, as candidates before all templates."""

from collections.abc import Iterable, Sequence

from patchwire.repair.outputs import Failure
from patchwire.repair.ranking import Candidate
from patchwire.repair.source import Source


def candidates(sources: Iterable[Source], failures: Sequence[Failure]) -> tuple[Candidate, ...]:
    """The edits that a NameError, AttributeError, ImportError, KeyError or TypeError asks for, likeliest first."""
    return ()
