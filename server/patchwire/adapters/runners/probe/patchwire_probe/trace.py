"""Which lines of the tree (tests apart) each test runs, counted for failing and for passing tests.

Uses `sys.monitoring` where there is one (3.12+, each line reports once per test), else `sys.settrace` with a local
trace for the files of the tree alone.
"""

from __future__ import annotations

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


class Tracer:
    """Collects between `start` and `stop`; whoever sees the test fail sets `failed` in between."""

    def __init__(self, root: str) -> None:
        self.failed = False
        self._root = root + os.sep
        self._wanted: dict[str, str | None] = {}
        self._lines: set[tuple[str, int]] = set()
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self._before: Any = None

    def start(self) -> None:
        """A test begins."""
        self.failed = False
        self._lines = set()
        if self._monitoring is not None:
            self._monitor()
        else:
            self._before = sys.gettrace()
            threading.settrace(self._on_call)
            sys.settrace(self._on_call)

    def stop(self) -> None:
        """The test is over."""
        if self._monitoring is not None:
            self._monitoring.set_events(_TOOL, 0)
            self._monitoring.free_tool_id(_TOOL)
        else:
            sys.settrace(self._before)
            threading.settrace(None)
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
        lines = self._lines

        def on_line(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                lines.add((path, frame.f_lineno))
            return on_line

        return on_line

    def _monitor(self) -> None:
        monitoring = self._monitoring
        monitoring.use_tool_id(_TOOL, "patchwire")
        monitoring.register_callback(_TOOL, monitoring.events.LINE, self._on_new_line)
        monitoring.set_events(_TOOL, monitoring.events.LINE)
        monitoring.restart_events()

    def _on_new_line(self, code: CodeType, line: int) -> Any:
        path = self._path(code.co_filename)
        if path is not None:
            self._lines.add((path, line))
        return self._monitoring.DISABLE
