"""What the tests are measured by: the files that are tests, or that say how tests are run.

A pure look at paths and texts. A patch may change these files, but not what counts as passing: for the verdict they are
put back to what they were.
"""

import re
import sys
from collections.abc import Iterable

from patchwire.patch.model import FileChange, Kind

_TEST_DIRECTORIES = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs"})
_TEST_NAMES = re.compile(
    r"test_.*\.py|.*_tests?\.(py|go|rs|rb)|tests?\.py|.*[._-](test|spec)\.[cm]?[jt]sx?|.*_spec\.rb|.*Tests?\.(java|kt|cs)"
    r"|conftest\.py"
)
_CONFIGURATION = re.compile(
    r"\.?pytest\.(ini|toml)|tox\.(ini|toml)|setup\.cfg|pyproject\.toml|noxfile\.py|\.coveragerc"
    r"|package\.json|(jest|vitest|vite|karma|babel)\.(config|conf|workspace)(\.\w+)*|\.mocharc(\.\w+)?|\.babelrc(\.\w+)?"
    r"|(GNU)?[Mm]akefile|\.?[Jj]ustfile|Rakefile|\.rspec|phpunit\.xml(\.dist)?"
    r"|go\.(mod|work)|Cargo\.toml|build\.rs|pom\.xml|(build|settings)\.gradle(\.kts)?"
    r"|(site|user)customize\.py|.*\.pth"
)
_METADATA = (".dist-info", ".egg-info")
_SOURCE_ROOTS = frozenset({"src", "lib", "python"})
_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "xdist"})


def is_test_path(path: str) -> bool:
    """Whether a file is a test, or says how tests are run."""
    *directories, name = path.split("/")
    return (
        _CONFIGURATION.fullmatch(name) is not None
        or _TEST_NAMES.fullmatch(name) is not None
        or any(directory.lower() in _TEST_DIRECTORIES or directory.endswith(_METADATA) for directory in directories)
    )


def among_tests(changes: Iterable[FileChange]) -> tuple[str, ...]:
    """The paths among `changes` that are tests or their configuration, or that come before a module that tests need.

    A new `unittest.py` at the root is imported instead of the one that was meant.
    """
    found: dict[str, None] = {}
    for change in changes:
        for path in filter(None, (change.path, change.old_path)):
            if is_test_path(path) or (change.kind is not Kind.MODIFY and _hides_a_module(path)):
                found[path] = None
    return tuple(found)


def _hides_a_module(path: str) -> bool:
    parts = path.split("/")
    if parts[0] in _SOURCE_ROOTS:
        parts = parts[1:]
    name = parts[0].removesuffix(".py") if parts else ""
    return path.endswith(".py") and (name in _RUNNERS or name in sys.stdlib_module_names)
