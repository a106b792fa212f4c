"""Lists of file names with a reason each: `name`, `name/`, `/name`, `*`; compared as `patch.spelling` folds them.

`name` is a file anywhere, `name/` a directory anywhere with all that is in it, and `/name` stands at the root alone.
`*` stays within one name. All are written folded. Knows nothing of what the lists are for.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from patchwire.patch.spelling import fold


def reasons(patterns: Sequence[tuple[str, str]]) -> Callable[[str], str | None]:
    """From pairs of a reason and its patterns (spaces between them) to the function path → first reason or None."""

    @cache
    def rules() -> tuple[re.Pattern[str], list[tuple[re.Pattern[str], str]]]:
        """Compiled when the first path is judged, which may be never: it takes longer than importing all else here."""
        each = [(re.compile(_expression(names.split())), why) for why, names in patterns]
        return re.compile(_expression(" ".join(names for _, names in patterns).split())), each

    def why(path: str) -> str | None:
        folded = fold(path)
        quick, each = rules()
        if not quick.match(folded):
            return None
        return next(reason for rule, reason in each if rule.match(folded))

    return why


def _expression(patterns: Iterable[str]) -> str:
    """Patterns as one regular expression that matches a folded path from its beginning."""
    anywhere: list[str] = []
    at_root: list[str] = []
    for pattern in patterns:
        names = re.escape(pattern.strip("/")).replace(r"\*", "[^/]*") + ("(?:/|$)" if pattern.endswith("/") else "$")
        (at_root if pattern.startswith("/") else anywhere).append(names)
    return "|".join([f"(?:.*/)?(?:{'|'.join(anywhere)})", *at_root])
