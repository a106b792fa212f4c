"""What in a patch looks as if it were made for the tests alone: a pure look at the lines that it adds.

Code that asks whether it is being tested can pass every test and mend nothing. Whether it does is for a person to say,
so what is seen here never ends a turn as `done`. What a file did before the patch it may go on doing; and what cannot
be seen (a result that is looked up by the very input of a test) is not claimed to be.
"""

import re
from collections.abc import Iterable

from patchwire.patch.model import FileChange

_PROSE = (".md", ".rst", ".txt", ".adoc", ".po")
_COMMENT = re.compile(r"\s*(#|//|\*|/\*)")
_SIGNS = {
    "asks whether a test is running": (
        r"PYTEST_\w+|JEST_WORKER_ID|\bVITEST\w*|NODE_TEST_CONTEXT|import\.meta\.vitest",
        r"\btesting\.Testing\(|\bcfg!?\(test\)|\bPATCHWIRE_\w+",
    ),
    "reaches into the test runner": (
        r"\b_?pytest\b|\bpluggy\b|\bunittest\b|\bpatchwire_probe\b|\bnode:test\b",
        r"""(?:from|require\()\s*['"](?:@jest/globals|jest|vitest|mocha|chai)['"]""",
        r"\bglobal(?:This)?\.(?:expect|test|it)\b",
    ),
    "looks at who calls it": (
        r"\bsys\._(?:getframe|current_frames)\b|\binspect\.(?:stack|currentframe|getouterframes)\b|\bf_back\b",
        r"\btraceback\.(?:extract_stack|walk_stack)\b|\bgc\.get_(?:objects|referrers)\b|\bruntime\.Callers?\(",
        r"\bnew Error\([^)]*\)\.stack\b|\bError\.captureStackTrace\b",
    ),
    "equals whatever it is compared with": (
        r"def __eq__\([^)]*\)[^:]*:\s*return True\b|def __ne__\([^)]*\)[^:]*:\s*return False\b",
        r"__eq__\s*=\s*lambda [^:]*:\s*True|\basymmetricMatch\b|fn eq\([^)]*\)\s*->\s*bool\s*\{\s*true\s*\}",
    ),
    "touches compiled code": (r"\b__pycache__\b|\.pyc\b|\bcache_from_source\b|\bmarshal\b",),
    "leaves the process past its end": (r"\bos\._exit\b|\bos\.abort\(|\bprocess\.reallyExit\b",),
}
_PATTERNS = {what: re.compile("|".join(patterns)) for what, patterns in _SIGNS.items()}


def suspicions(changes: Iterable[FileChange]) -> tuple[str, ...]:
    """What the patch's product code newly does, one clause a sign: ``cart.py asks whether … (`PYTEST_CURRENT_TEST`)``.

    `changes` are those outside the tests: tests and their configuration are judged by being put back.
    """
    found = []
    for change in changes:
        if change.after is None or change.path.lower().endswith(_PROSE):
            continue
        before = _code(change.before or "")
        after = _code(change.after)
        for what, pattern in _PATTERNS.items():
            known = set(pattern.findall(before))
            new = [match for match in pattern.findall(after) if match not in known]
            if new:
                shown = " ".join(new[0].split())[:60]
                found.append(f"{change.path} {what} (`{shown}`)")
        inside = [_tests_inside(change.path, text) for text in (change.before or "", change.after)]
        if change.before is not None and inside[0] != inside[1]:
            found.append(f"{change.path} holds tests of its own, which the patch changes")
    return tuple(found)


def _code(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not _COMMENT.match(line))


def _tests_inside(path: str, text: str) -> list[str]:
    """The lines of a product file that are tests: Rust's test modules and documented examples, Python's doctests."""
    lines = text.splitlines()
    if path.endswith(".rs"):
        at = next((number for number, line in enumerate(lines) if line.strip() == "#[cfg(test)]"), len(lines))
        return [line for line in lines[:at] if line.lstrip().startswith(("///", "//!"))] + lines[at:]
    if not path.endswith(".py"):
        return []
    inside, found = False, []
    for line in lines:
        inside = line.lstrip().startswith(">>> ") or (inside and bool(line.strip()))
        if inside:
            found.append(line)
        if line.rstrip().endswith(('"""', "'''")):
            inside = False  # behind the documentation stands the code
    return found
