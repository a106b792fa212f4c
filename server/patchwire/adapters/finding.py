"""Finds names and lines in a workspace's files, and shows nothing that is hidden from the model (`adapters.hidden`)."""

import asyncio
import os
import stat
from dataclasses import dataclass

from patchwire.adapters.hidden import Hidden
from patchwire.adapters.levels import Level
from patchwire.adapters.reading import without_secrets
from patchwire.errors import ToolError
from patchwire.ports import Hit, Hits, Listing


def directory(level: Level, path: str) -> str:
    """The path of a directory as it is written in patches. Raises ToolError where there is none."""
    relative = level.roots.relative(path)
    found = _status(level, relative)
    if relative and (found is None or not stat.S_ISDIR(found.st_mode)):
        raise ToolError(f"{relative} is not a directory of the tree")
    return relative


def listed(level: Level, hidden: Hidden, files: set[str], under: str, limit: int) -> Listing:
    """Those of `files` under a directory."""
    inside = directory(level, under)
    prefix = f"{inside}/" if inside else ""
    found = sorted(file for file in files if file.startswith(prefix) and not hidden.ignored(file))
    return Listing(tuple(found[:limit]), len(found))


@dataclass(frozen=True, slots=True)
class Where:
    """What is searched: those of `files` that are `under` a path and not hidden."""

    level: Level
    hidden: Hidden
    files: set[str]
    under: str


async def search(where: Where, pattern: str, *, ignore_case: bool, limit: int) -> Hits:
    """The lines that match an extended regular expression."""
    level = where.level
    under = level.roots.relative(where.under)
    if not pattern or "\0" in pattern or "\n" in pattern:
        raise ToolError("the pattern must be one line of text")
    if under and _status(level, under) is None:
        raise ToolError(f"{under}: no such file or directory")
    where.hidden.check(under, level.roots.locate(under))
    shown = set(filter(where.hidden.shown, where.files))
    hits: list[Hit] = []
    more = False
    for git, paths in await asyncio.to_thread(level.searched, shown):
        found, cut = await asyncio.to_thread(git.grep, pattern, paths, under, ignore_case=ignore_case, limit=limit)
        hits += [Hit(each.path, each.line, each.text) for each in found]
        more = more or cut
    hits.sort(key=lambda hit: (hit.path, hit.line))
    bounded = hits[:limit]
    return Hits(await asyncio.to_thread(without_secrets, level.files, bounded), more or len(hits) > limit)


def _status(level: Level, relative: str) -> os.stat_result | None:
    located = level.roots.locate(relative)
    try:
        return level.files.status(located) if located else None
    except OSError as error:
        raise ToolError(f"{relative[:200]}: {(error.strerror or str(error)).lower()}") from error
