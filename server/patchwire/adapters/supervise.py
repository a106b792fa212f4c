"""A program of its own: runs one command and sees to it that nothing of it outlives it, or outlives us.

`process` starts it as `python -I -S supervise.py WISH… -- COMMAND…`. Its standard input is a socket to us. A byte on it
asks the command to stop (SIGINT to its group, everything is killed `GRACE` seconds later); its end, which also comes
when we die, kills everything at once. When all is over one line comes back: `exit 1` (a negative number is a signal) or
`failed No such file…` for a command that could not be started.

A wish is `limit=FSIZE=1024`, a resource limit, or one of `lower=…` (once or more, the first on top), `upper=…`,
`work=…` and `at=…`: an overlay that is mounted first, in a user and a mount namespace that end with the command, so
that no mount can be left over.

Daemons that left the command's group are found because this process is their reaper (Linux); elsewhere we find only
the group. Imports nothing of Patchwire, and of the library only what is written in C: that is half of the time that a
run takes to begin (`pathlib`, `json` and `signal` with `enum` take longer than Python itself).
"""

# ruff: noqa: PTH112, PTH123, PTH208, SIM105

from __future__ import annotations

import ctypes
import os
import resource
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
else:
    import _signal as signal

GRACE = 2.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000


def main(arguments: list[str]) -> None:
    """Run the command; return when it and all it started are gone."""
    end = arguments.index("--")
    wishes: dict[str, list[str]] = {}
    for wish in arguments[:end]:
        name, _, value = wish.partition("=")
        wishes.setdefault(name, []).append(value)
    command = arguments[end + 1 :]
    line = os.dup(0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pid, failure = _start(wishes, command)
    status = _watch(pid, line, awake)
    status = _sweep(pid, status)
    result = f"failed {failure}" if failure else f"exit {os.waitstatus_to_exitcode(status)}"
    try:
        os.write(line, result.encode(errors="replace") + b"\n")
    except OSError:
        pass


def _start(wishes: dict[str, list[str]], command: list[str]) -> tuple[int, str]:
    """Start the command in a session of its own; its process id, and why it could not be started (or nothing)."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            _go_first()
            if "lower" in wishes:
                _enter_namespaces()
                _mount_overlay(wishes["lower"], wishes["upper"][0], wishes["work"][0], wishes["at"][0])
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # not before: new rights take it away
            _limit(wishes.get("limit", []))
            # Python ignores the one, and whoever started us in the background had us ignore the other.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.execvp(command[0], command)  # noqa: S606  # this is what we are for
        except OSError as error:
            os.write(tell, (error.strerror or str(error)).encode(errors="replace"))
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
            _interrupt(pid)
        try:
            os.read(awake, 4096)
        except BlockingIOError:
            pass


def _reap(pid: int) -> int | None:
    """Bury every dead child, foundlings too; the status of `pid` if it was among them."""
    try:
        while True:
            dead, status = os.waitpid(-1, os.WNOHANG)
            if dead == 0:
                return None
            if dead == pid:
                return status
    except ChildProcessError:
        return None


def _sweep(pid: int, status: int | None) -> int:
    """Kill until there is nobody left. The children of the killed become ours, so the next round finds them."""
    _send(os.killpg, pid, signal.SIGKILL)
    patience = os.WNOHANG
    while True:
        try:
            dead, its_status = os.waitpid(-1, patience)
        except ChildProcessError:
            return signal.SIGKILL if status is None else status
        if dead == pid:
            status = its_status
        if dead:  # bury all that have died by now: a look at every process for each of many takes long
            patience = os.WNOHANG
            continue
        for child in _children():
            _send(os.kill, child, signal.SIGKILL)
        patience = 0


def _interrupt(group: int) -> None:
    """SIGINT to a process group. bwrap would die of it and take everything with it at once, so it is spared."""
    processes = _processes()
    if all(name != b"bwrap" for name, _, _ in processes.values()):
        _send(os.killpg, group, signal.SIGINT)
        return
    for process, (name, _, its_group) in processes.items():
        if its_group == group and name != b"bwrap":
            _send(os.kill, process, signal.SIGINT)


def _send(how: Callable[[int, int], None], to: int, number: int) -> None:
    try:
        how(to, number)
    except (ProcessLookupError, PermissionError):
        pass


def _children() -> list[int]:
    """The process ids of our children (empty where there is no /proc)."""
    me = os.getpid()
    return [process for process, (_, parent, _) in _processes().items() if parent == me]


def _processes() -> dict[int, tuple[bytes, int, int]]:
    """Every process: its name, its parent and its group (none where there is no /proc)."""
    found = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not entry.isdigit():
            continue
        try:
            # "pid (name) state ppid pgrp …": the name may hold anything, so read from its last bracket.
            with open(f"/proc/{entry}/stat", "rb") as file:
                before, _, after = file.read().rpartition(b")")
            parent, group = after.split()[1:3]
            found[int(entry)] = before.partition(b"(")[2], int(parent), int(group)
        except (OSError, ValueError):
            continue  # it is gone
    return found


def _go_first() -> None:
    """Be killed before anybody else where memory gives out: limits are for one process, and many can have it all."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # no Linux


def _limit(limits: list[str]) -> None:
    """Lower our resource limits (`NAME=VALUE`), as far as they are not lower already."""
    for limit in limits:
        name, _, value = limit.partition("=")
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        least = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(kind, (least, least))


def _enter_namespaces() -> None:
    """A user namespace in which we are root, and a mount namespace that nobody else sees. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    # Only somebody outside may map more than one user, so a child that stays outside does it for us.
    ready, set_off = os.pipe()
    me = os.getpid()
    mapper = os.fork()
    if mapper == 0:
        os.read(ready, 1)
        done = user == 0 and _map(me, {"uid_map": "0 0 4294967295", "gid_map": "0 0 4294967295"})
        done = done or _map(me, {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"})
        os._exit(0 if done else 1)
    try:
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS)
    finally:
        os.write(set_off, b".")
        _, status = os.waitpid(mapper, 0)
        os.close(ready)
        os.close(set_off)
    if status:
        raise PermissionError(1, "the user namespace cannot be set up")
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)


def _map(process: int, texts: dict[str, str]) -> bool:
    try:
        for name, text in texts.items():
            with open(f"/proc/{process}/{name}", "w") as file:
                file.write(text)
    except OSError:
        return False
    return True


def _mount_overlay(lower: list[str], upper: str, work: str, at: str) -> None:
    """Mount the directories `lower` (the first one on top) under `upper`, at `at`. Raises OSError."""
    layers = ":".join(_escaped(directory) for directory in lower)
    options = f"lowerdir={layers},upperdir={_escaped(upper)},workdir={_escaped(work)},userxattr"
    _call("mount", b"overlay", os.fsencode(at), b"overlay", 0, os.fsencode(options))


def _escaped(path: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\:," else letter for letter in path)


def _call(name: str, *arguments: object) -> None:
    """A function of the C library's that returns 0. Raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
