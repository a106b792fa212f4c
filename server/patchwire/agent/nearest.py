"""Which tests stand nearest to what was changed: by name first, then by directory. Knows paths alone."""

import re
from collections.abc import Iterable, Sequence

from patchwire.patch.measure import is_test_path

MOST = 8
_CODE = re.compile(r".+\.(py|[cm]?[jt]sx?|go|rb)")
_AROUND = re.compile(r"^(?:test_|tests?[-.])|(?:[._-](?:test|spec)s?)$")


def nearest(changed: Iterable[str], files: Sequence[str]) -> tuple[str, ...]:
    """The test files among `files` that are named after a changed one, or stand beside it; the nearest first."""
    tests = [file for file in files if is_test_path(file) and _CODE.fullmatch(file) and _subject(file) != "conftest"]
    scored: dict[str, tuple[int, int]] = {}
    for path in changed:
        for test in tests:
            score = _distance(path, test)
            if score is not None and (test not in scored or score < scored[test]):
                scored[test] = score
    return tuple(sorted(scored, key=lambda test: (scored[test], test))[:MOST])


def _distance(path: str, test: str) -> tuple[int, int] | None:
    """How far a test is: named after the file, or in its directory; and how few directories they share."""
    *own, name = path.split("/")
    *theirs, _ = test.split("/")
    shared = len(set(own) & set(theirs))
    if path == test or _subject(test) == name.split(".")[0]:
        return 0, -shared
    if own == theirs and own:
        return 1, -shared
    return None


def _subject(test: str) -> str:
    """What a test file is named after: `cart` for `test_cart.py`, `cart_test.go` and `cart.spec.ts`."""
    stem = test.rpartition("/")[2].rpartition(".")[0]
    return _AROUND.sub("", _AROUND.sub("", stem))
