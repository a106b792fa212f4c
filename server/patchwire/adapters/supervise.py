"""A program of its own: runs one command and sees to it that nothing of it outlives it, or outlives us.

`process` starts it as `python -I -S supervise.py COMMAND…`. Its standard input is a socket to us. A byte on it asks
the command to stop (SIGINT to its group, everything is killed `GRACE` seconds later); its end, which also comes when
we die, kills everything at once. When all is over one JSON line comes back: `{"exit": 1}` (a negative number is a
signal) or `{"failed": "No such file…"}` for a command that could not be started.

Daemons that left the command's group are found because this process is their reaper (Linux); elsewhere we find only
the group. Imports nothing of Patchwire, so that it starts in some ten milliseconds.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from pathlib import Path

GRACE = 2.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(command: list[str]) -> None:
    """Run `command`; return when it and all it started are gone."""
    line = os.dup(0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pid, failure = _start(command, line)
    status = _watch(pid, line, awake)
    status = _sweep(pid, status)
    result: dict[str, object] = {"failed": failure} if failure else {"exit": os.waitstatus_to_exitcode(status)}
    with contextlib.suppress(OSError):
        os.write(line, json.dumps(result).encode() + b"\n")


def _start(command: list[str], line: int) -> tuple[int, str]:
    """Start the command in a session of its own; its process id, and why it could not be started (or nothing)."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.execvp(command[0], command)  # noqa: S606  # this is what we are for
        except OSError as error:
            os.write(tell, (error.strerror or str(error)).encode())
        finally:
            os._exit(127)
    os.close(tell)
    failure = b""
    while piece := os.read(told, 4096):
        failure += piece
    os.close(told)
    return pid, failure.decode(errors="replace")


def _watch(pid: int, line: int, awake: int) -> int | None:
    """Wait for the command, for our parent's word, or for the end of the grace; the command's status if it ended."""
    deadline: float | None = None
    while True:
        status = _reap(pid)
        if status is not None:
            return status
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([line, awake], [], [], left)
        if not ready:
            return None
        if line in ready:
            try:
                word = os.read(line, 16)
            except OSError:
                word = b""
            if not word:
                return None
            deadline = time.monotonic() + GRACE
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGINT)
        with contextlib.suppress(BlockingIOError):
            os.read(awake, 4096)


def _reap(pid: int) -> int | None:
    """Bury every dead child, foundlings too; the status of `pid` if it was among them."""
    with contextlib.suppress(ChildProcessError):
        while True:
            dead, status = os.waitpid(-1, os.WNOHANG)
            if dead == 0:
                return None
            if dead == pid:
                return status
    return None


def _sweep(pid: int, status: int | None) -> int:
    """Kill until there is nobody left. The children of the killed become ours, so the next round finds them."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    while True:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            dead, its_status = os.waitpid(-1, 0)
            while dead:  # all that have died by now: one at a time, a look at every process each, takes long for many
                if dead == pid:
                    status = its_status
                dead, its_status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return signal.SIGKILL if status is None else status


def _children() -> list[int]:
    """The process ids of our children (empty where there is no /proc)."""
    me = os.getpid()
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            # "pid (name) state ppid …": the name may hold anything, so read from its last bracket.
            if int(stat.read_bytes().rpartition(b")")[2].split()[1]) == me:
                found.append(int(stat.parent.name))
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
