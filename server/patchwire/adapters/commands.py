"""A shell command of the model's: run in a scratch of its own, and what of its writes may be kept.

What is kept goes the way of any write: the same paths are refused, and it can be seen and discarded with the patch.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping

from patchwire.adapters.levels import Level, Scratch
from patchwire.adapters.listing import LEFT_OUT
from patchwire.adapters.process import run
from patchwire.adapters.runners.command import Command
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.written import Written
from patchwire.errors import ToolError
from patchwire.ports import CommandRun

MOST_FILES = 500
MOST_BYTES = 32 * 1024 * 1024
_START = 'cd -- "$0" && exec /bin/sh -c "$1"'


async def run_shell(
    level: Level,
    written: Written,
    writable: Callable[[str], str],
    command: str,
    directory: str,
    seconds: float,
    *,
    keep: bool,
    hidden: Collection[str] = (),
) -> CommandRun:
    """Run it in a directory of the tree, for at most `seconds`; nothing else may be going on at the level.

    `writable` says where a write to a path leads, or raises ToolError. `hidden` files are empty for the command: what
    it prints is read by the model.
    """
    scratch = await asyncio.to_thread(level.scratch, written.current())
    try:
        await asyncio.to_thread(scratch.blank, hidden)
        place = scratch.place
        argv = ("/bin/sh", "-c", _START, f"./{directory}", command)
        finished = await run(
            argv,
            cwd=place.root,
            environment=place.variables(Command(argv, argv)),
            seconds=seconds,
            confinement=place.confinement,
        )
        kept, note = await asyncio.to_thread(_kept, written, writable, scratch, hidden) if keep else ((), "")
    finally:
        await asyncio.to_thread(scratch.close)
    return CommandRun(
        finished.exit_code, place.shown(finished.output), finished.seconds, finished.timed_out, kept, note
    )


def _kept(
    written: Written, writable: Callable[[str], str], scratch: Scratch, hidden: Collection[str]
) -> tuple[tuple[str, ...], str]:
    """Make ours what the command wrote, where it may be; the paths, and what was not kept and why."""
    wanted: dict[str, Content | None] = {}
    refused: list[str] = []
    for path, found in scratch.left():
        if any(part in LEFT_OUT for part in path.split("/")):
            continue  # caches and environments are no part of any patch
        if path in hidden and found == Content(b""):
            continue  # it was us
        if isinstance(found, str):
            refused.append(f"{path}: {found}")
            continue
        try:
            wanted[writable(path)] = found
        except ToolError as error:
            refused.append(str(error))
        if len(wanted) > MOST_FILES or _size(wanted) > MOST_BYTES:
            return (), f"nothing was kept: the command wrote more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB"
    try:
        written.take(wanted)
    except ToolError as error:
        return (), f"nothing was kept: {error}"
    more = f" and {len(refused) - 5} more" if len(refused) > 5 else ""
    return tuple(sorted(wanted)), f"not kept: {'; '.join(refused[:5])}{more}" if refused else ""


def _size(contents: Mapping[str, Content | None]) -> int:
    return sum(len(content.data) for content in contents.values() if content is not None)
