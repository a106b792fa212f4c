"""File names as the most careless file system reads them: names that some disk takes for one and the same fold to one.

A disk may ignore case (macOS, Windows), compose letters and skip invisible ones (HFS+), drop dots and spaces at the end
and know other streams of a file (NTFS). Whoever asks "is this that file?" compares folded names. Knows no disk.
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_SIMPLE = re.compile(r"(?:\.?[\w+@-]+(?:[.][\w+@-]+)*/)*\.?[\w+@-]+(?:[.][\w+@-]+)*", re.ASCII)
_SHORT = re.compile(r"[^~/]{1,7}~[0-9]{1,6}(\.[^./]{0,3})?")


def fold(path: str) -> str:
    """The path with each name folded; `\\` separates names too, and names that fold to nothing are left out."""
    if _SIMPLE.fullmatch(path):  # most are, and there are many
        return path.lower()
    names = (_trimmed(name) for name in _plain(_plain(path)).replace("\\", "/").split("/"))
    return "/".join(name for name in names if name)


def reaches_git(path: str) -> bool:
    """Whether some disk takes a name of the path for git's own directory, in full or as Windows shortens it."""
    return any(name in {".git", "git~1"} for name in fold(path).split("/"))


def is_short(name: str) -> bool:
    """Whether this may be the name that Windows makes for another file, such as `vscode~1` for `.vscode`."""
    return _SHORT.fullmatch(name) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold())


def _trimmed(name: str) -> str:
    if ":" in name[1:]:  # a stream: `.git::$INDEX_ALLOCATION` is `.git`
        name = name[0] + name[1:].partition(":")[0]
    return name if name == ".." else name.rstrip(". ")
