"""A warm pytest: gets pytest and what the tests import from outside the tree ready once, then forks for every run.

Started as `python -m patchwire_probe.warm FD` in the copy, with a socket at FD. The first line on it is a greeting
(`{"arguments": […], "modules": […], "importable": true, "early": false}`), answered by `{"ready": true, "why": ""}`.
Then each line is a run, answered by a line about its end and, right behind it, as many bytes of the plugin's events
as that line says. A run's `files` are written before it and put back after it, for in a sandbox nobody else can.

pytest is called once and waits, inside one of its own hooks, for runs; the fork goes on from there. That hook is the
start of the collection, or, where the tree has a `conftest.py` (`early`), the moment before those are loaded: modules
of the tree are only ever imported in the forks, so every run sees the files as they are.
"""

# ruff: noqa: PTH101, PTH103, PTH108, PTH109, PTH113, PTH118, PTH119, PTH120, PTH123, PTH207, UP031, SIM105
# pathlib and contextlib would slow down every start; `typing` and `%` are what old Pythons know.

from __future__ import annotations

import base64
import gc
import glob
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time

import pytest

from . import plugin, remap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]

_MOST_EVENTS = 16 * 1024 * 1024


def main() -> None:
    """Serve until the other end of the line is gone."""
    server = Server(socket.socket(fileno=int(sys.argv[1])))
    greeting = server.greeting
    here = os.getcwd()
    sys.path[:] = [entry for entry in sys.path if entry not in ("", here)]
    if greeting["importable"]:
        sys.path.insert(0, here)
    plugin.PROBE.serve, plugin.PROBE.serve_early = server.serve, server.greeting["early"]
    sys.argv[:] = ["pytest", *greeting["arguments"]]
    code = pytest.main([*greeting["arguments"], "-p", plugin.__name__, "--continue-on-collection-errors"])
    if server.serving:  # a fork whose session ended without a `sessionfinish`
        os._exit(int(code))
    server.say({"ready": False, "why": "pytest ended with exit code %d before any test" % int(code)})


class Server:
    """Holds the line. `serve` returns in forks only."""

    def __init__(self, line: socket.socket) -> None:
        line.set_inheritable(False)
        self._line = line
        self._lines = line.makefile("rb")
        self.greeting: Message = json.loads(self._lines.readline())
        self.serving = False

    def say(self, message: Message) -> None:
        """Send one line."""
        self._line.sendall(json.dumps(message).encode("ascii") + b"\n")

    def serve(self) -> Message:
        """Answer runs until the line ends. Returns in each fork, with what that run wishes."""
        self.serving = True
        _preload(self.greeting["modules"])
        why = _unfit()
        self.say({"ready": not why, "why": why})
        gc.collect()
        gc.freeze()
        awake = _watch_children()
        for request in self._lines:
            run = json.loads(request)
            before = _write(run["files"])
            told, tell = os.pipe()
            started = time.monotonic()
            pid = os.fork()
            if pid == 0:
                self._line.close()
                os.close(told)
                _become(run, tell)
                return run["wishes"]  # type: ignore[no-any-return]  # it comes from JSON
            os.close(tell)
            answer, events = self._follow(pid, told, awake, started, started + run["seconds"])
            _write(before)
            self.say(dict(answer, size=len(events)))
            self._line.sendall(events)
        os._exit(0)

    def _follow(self, pid: int, told: int, awake: int, started: float, deadline: float) -> tuple[Message, bytes]:
        """Watch a fork to its end; how it ended, and its events."""
        os.set_blocking(told, False)
        events = bytearray()
        sources: list[Any] = [told, awake, self._line]
        timed_out = False
        while True:
            dead, status, usage = os.wait4(pid, os.WNOHANG)
            if dead:
                break
            if not timed_out and time.monotonic() >= deadline:
                timed_out = True
                _kill(pid)
            ready = select.select(sources, [], [], 60.0 if timed_out else max(0.0, deadline - time.monotonic()))[0]
            if told in ready and not _take(told, events):
                sources.remove(told)
            if self._line in ready:  # nobody speaks before we have answered, so this is the end
                _kill(pid)
                os._exit(0)
            if awake in ready:
                os.read(awake, 4096)
        seconds = time.monotonic() - started
        _kill_group(pid)  # what the run has left in its group
        while _take(told, events):
            pass
        os.close(told)
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        timed_out = timed_out or code == -signal.SIGPROF
        cpu = usage.ru_utime + usage.ru_stime
        return {"exit": code, "seconds": seconds, "cpu": cpu, "timed_out": timed_out}, bytes(events)


def _preload(modules: list[str]) -> None:
    """Import what is not the tree's own; the tree itself is out of sight meanwhile."""
    path = sys.path[:]
    sys.path[:] = [entry for entry in path if entry != os.getcwd()]
    for name in modules:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except BaseException:  # noqa: BLE001, S112  # whatever it is, the forks will meet it again and tell
                continue
    sys.path[:] = path


def _write(files: dict[str, Any]) -> dict[str, Any]:
    """Let files hold what is said (None: let there be none), and forget bytecode made of them; what they held."""
    before: dict[str, Any] = {}
    for path in sorted(files, key=lambda each: files[each] is not None):
        before[path] = None
        if os.path.isfile(path):
            with open(path, "rb") as old:
                data = base64.b64encode(old.read()).decode()
            before[path] = {"data": data, "executable": os.access(path, os.X_OK)}
        for compiled in glob.glob(
            os.path.join(
                glob.escape(os.path.dirname(path)), "__pycache__", glob.escape(os.path.basename(path)[:-3]) + ".*"
            )
        ):
            os.unlink(compiled)
        if files[path] is None:
            if before[path] is not None:
                os.unlink(path)
            continue
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as new:
            new.write(base64.b64decode(files[path]["data"]))
        if before[path] is None or before[path]["executable"] != files[path]["executable"]:
            os.chmod(path, 0o755 if files[path]["executable"] else 0o644)
    return before


def _unfit() -> str:
    """Why forks of this process would not be like a fresh one; empty if they would."""
    if threading.active_count() > 1:
        return "an imported module has started threads"
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and remap.is_own(file):
            return "a module of the tree was imported: " + name
    return ""


def _watch_children() -> int:
    """A descriptor that becomes readable when a child ends."""
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return awake


def _become(run: Message, tell: int) -> None:
    """Make this fork a process of its own, that cannot outlive its time on the processor."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    # Time on the processor tells an endless loop from a busy machine; the signal's default is death.
    signal.setitimer(signal.ITIMER_PROF, run["cpu"])
    sys.dont_write_bytecode = not run["bytecode"]
    plugin.PROBE.sealed.out = tell


def _take(told: int, events: bytearray) -> bool:
    """Read what there is; False at the end, or where there is nothing now."""
    try:
        piece = os.read(told, 65536)
    except BlockingIOError:
        return False
    if len(events) < _MOST_EVENTS:
        events += piece
    return bool(piece)


def _kill(pid: int) -> None:
    """Kill a fork, which may not yet have made its group, and its group."""
    _kill_group(pid)
    os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


if __name__ == "__main__":
    # By its own name, so that the plugin and we are the same modules.
    importlib.import_module("patchwire_probe.warm").main()
