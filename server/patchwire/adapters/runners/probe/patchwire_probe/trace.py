"""Which lines of the tree (tests apart) each test runs, counted for failing and for passing tests.

Uses `sys.monitoring` where there is one (3.12+, each line reports once per test), else `sys.settrace` with a local
trace for the files of the tree alone, which is given up for code that has nothing new to show.
"""

from __future__ import annotations

import dis
import os
import re
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_TEST_FILE = re.compile(r"(?:^|/)(?:tests?/|conftest\.py$|test_[^/]*\.py$|[^/]*_test\.py$|tests\.py$)")
_TOOL = 4  # free for use; 0-3 and 5 have names
_STALE_LINES = 2_000
"""So many lines of one function in one test that were all known already: what it runs after them is not looked at."""
_STALE_CALLS = 10_000
"""So many calls of such functions one after the other, and the rest of the test is not looked at."""


class Tracer:
    """Collects between `resume` and `pause`; whoever sees the test fail sets `failed` before its `stop`."""

    def __init__(self, root: str) -> None:
        self.failed = False
        self._root = root + os.sep
        self._wanted: dict[str, str | None] = {}
        self._lines: set[tuple[str, int]] = set()
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._before: Any = None
        self._followed: dict[int, _Followed] = {}
        self._stale = 0

    def start(self) -> None:
        """A test begins."""
        self.failed = False
        self._lines = set()
        self._stale = 0
        for followed in self._followed.values():
            followed.forget()
        if self._monitoring is not None:
            self._monitoring.restart_events()

    def resume(self) -> None:
        """What runs from now on is the test's own."""
        if self._monitoring is not None:
            self._monitor()
        else:
            self._before = sys.gettrace()
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    def pause(self) -> None:
        """What runs from now on is pytest's."""
        if self._monitoring is not None:
            self._monitoring.set_events(_TOOL, 0)
            self._monitoring.free_tool_id(_TOOL)
        else:
            sys.settrace(self._before)
            threading.settrace(None)

    def stop(self) -> None:
        """The test is over."""
        for followed in self._followed.values():
            self._lines.update((followed.path, line) for line in followed.lines)
        for place in self._lines:
            self._counts.setdefault(place, [0, 0])[0 if self.failed else 1] += 1

    def hits(self) -> list[tuple[str, int, int, int]]:
        """(path, line, failing, passing) for each line that ran."""
        return [(path, line, failing, passing) for (path, line), (failing, passing) in sorted(self._counts.items())]

    def _path(self, filename: str) -> str | None:
        """The file's path in the tree if its lines are wanted."""
        if filename not in self._wanted:
            path = filename[len(self._root) :].replace(os.sep, "/") if filename.startswith(self._root) else None
            if path is not None and (_TEST_FILE.search(path) or "site-packages" in path):
                path = None
            self._wanted[filename] = path
        return self._wanted[filename]

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        path = self._path(frame.f_code.co_filename)
        if path is None:
            return None
        followed = self._followed.get(id(frame.f_code))
        if followed is None:
            followed = self._followed[id(frame.f_code)] = _Followed(frame.f_code, path)
        if followed.left > 0:
            self._stale = 0
            return followed.on_line
        self._stale += 1
        if self._stale > _STALE_CALLS:
            sys.settrace(self._before)
        return None

    def _monitor(self) -> None:
        monitoring = self._monitoring
        monitoring.use_tool_id(_TOOL, "patchwire")
        monitoring.register_callback(_TOOL, monitoring.events.LINE, self._on_new_line)
        monitoring.set_events(_TOOL, monitoring.events.LINE)

    def _on_new_line(self, code: CodeType, line: int) -> Any:
        path = self._path(code.co_filename)
        if path is not None:
            self._lines.add((path, line))
        return self._monitoring.DISABLE


class _Followed:
    """A function that is followed: the lines that it ran in this test, and how long it may still surprise us."""

    def __init__(self, code: CodeType, path: str) -> None:
        self.code = code  # kept, so that its id stays its own
        self.path = path
        lines = {line for _, line in dis.findlinestarts(code) if line}  # 3.13 has None among them
        unseen = {code.co_firstlineno} if code.co_name.isidentifier() and len(lines) > 1 else set()  # `def` itself
        self._all = len(lines - unseen)
        self.lines: set[int] = set()
        self.left = _STALE_LINES

    def forget(self) -> None:
        """Another test begins."""
        if self.lines:
            self.lines = set()
            self.left = _STALE_LINES

    def on_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            line = frame.f_lineno
            if line in self.lines:
                self.left -= 1
            else:
                self.lines.add(line)
                self.left = _STALE_LINES if len(self.lines) < self._all else 0
            if self.left <= 0:
                frame.f_trace_lines = False
        return self.on_line
