"""File names as patches write them: git's quoting, `a/` and `b/` prefixes, time stamps; and the names that are refused.

Knows nothing of which files exist: where a name can be read in two ways both readings are kept, best first.
"""

import re
from collections.abc import Sequence

from patchwire.errors import PatchRefused

_LONGEST = 4096
NULL = "/dev/null"
_PREFIX_PAIRS = {("a/", "b/"), ("i/", "w/"), ("c/", "i/"), ("c/", "w/"), ("o/", "w/"), ("old/", "new/")}
_ESCAPE = re.compile(r'\\([0-7]{3}|[abtnvfr"\\])')
_SIMPLE = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_DRIVE = re.compile(r"[A-Za-z]:")


def unquote(name: str) -> str:
    """The name inside git's double quotes (`"caf\\303\\251.py"`); any other name as it is."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    raw = bytearray()
    end = 1
    for escape in _ESCAPE.finditer(name, 1, len(name) - 1):
        raw += name[end : escape.start()].encode("utf-8", "surrogateescape")
        code = escape[1]
        raw.append(_SIMPLE[code] if code in _SIMPLE else int(code, 8) & 0xFF)
        end = escape.end()
    raw += name[end:-1].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")


def quote(name: str) -> str:
    """The name as git writes it: in double quotes with escapes if it holds anything but plain ASCII."""
    if name.isascii() and name.isprintable() and '"' not in name and "\\" not in name and name == name.strip():
        return name
    codes = {code: "\\" + letter for letter, code in _SIMPLE.items()}
    quoted = (
        codes.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        for byte in name.encode("utf-8", "surrogateescape")
    )
    return '"' + "".join(quoted) + '"'


def header_name(rest: str) -> str:
    """The name in what stands behind `--- ` or `+++ `: without a time stamp, unquoted."""
    rest = rest[: 2 * _LONGEST].split("\t", 1)[0].strip()
    return unquote(rest)


def checked(name: str) -> str:
    """The name as a plain POSIX path below the root, `\\` read as `/`. Raises PatchRefused for any other name."""
    if len(name) > _LONGEST:
        raise PatchRefused(f"`{name[:40]}...` is too long for a file name.")
    path = name.replace("\\", "/")
    if not path.strip("/ .") or "\0" in path or "\n" in path:
        raise PatchRefused(f"`{name}` is not a file name.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or _DRIVE.match(path):
        raise PatchRefused(f"`{name}` is an absolute path: name files relative to the root of the repository.")
    if ".." in parts or path.startswith("~"):
        raise PatchRefused(f"`{name}` leads out of the root: name files relative to the root of the repository.")
    if path.endswith("/"):
        raise PatchRefused(f"`{name}` names a directory, not a file.")
    return "/".join(parts)


def readings(old: str, new: str) -> tuple[Sequence[str], Sequence[str]]:
    """What the names of an old and a new side may mean, best reading first; empty for `/dev/null`.

    A prefix is taken off where the two sides together look like git's (`a/` and `b/`, or one of them beside /dev/null).
    """
    if (old[:2], new[:2]) in _PREFIX_PAIRS or (old[:4], new[:4]) in _PREFIX_PAIRS:
        stripped = True
    else:
        stripped = (old == NULL and new.startswith("b/")) or (new == NULL and old.startswith("a/"))
    return _both(old, stripped), _both(new, stripped)


def one(name: str) -> Sequence[str]:
    """What a single name may mean, best reading first; there is at least one. `/dev/null` is no file's name here."""
    checked(name)
    return _both(name, name.startswith(("a/", "b/")))


def _both(name: str, stripped: bool) -> Sequence[str]:
    if name == NULL:
        return ()
    whole = checked(name)
    if "/" not in whole or not (stripped or whole.startswith(("a/", "b/"))):
        return (whole,)
    short = whole.split("/", 1)[1]
    return (short, whole) if stripped else (whole, short)
