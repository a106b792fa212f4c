"""`python -m unittest` with a result that tells what happens while it happens: the events of the pytest plugin.

Must not know pytest, and must run on Python 3.8.
"""

# ruff: noqa: PTH109, PTH118
# pathlib would slow down every start.

from __future__ import annotations

import inspect
import json
import os
import sys
import unittest

from . import remap, watch
from .seal import Sealed, taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MESSAGE_HEAD, _MESSAGE_TAIL = 500, 1450
_NO_TESTS = 5


class Told(unittest.TextTestResult):
    """Writes an event for whatever becomes of a test; what is printed stays as it was."""

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        path, line = _place(test)
        WRITER.write("start", id=test.id(), path=path, line=line)

    def stopTest(self, test: Any) -> None:
        super().stopTest(test)
        WRITER.write("end", id=test.id())

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        _tell(test, "passed")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        _tell(test, "skipped")

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)
        _tell(test, "skipped")

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        _tell(test, "failed", self.failures[-1][1], err)

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        _tell(test, "failed", self.errors[-1][1], err, when="setup")

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        _tell(test, "failed", "passed, but was expected to fail")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            said = (self.failures if failed else self.errors)[-1][1]
            _tell(test, "failed", said, err, when="call" if failed else "setup")


class Runner(unittest.TextTestRunner):
    """Says first how many tests there are."""

    resultclass = Told  # type: ignore[assignment]  # typeshed wants a function

    def run(self, test: Any) -> Any:
        WRITER.write("collected", count=test.countTestCases())
        return super().run(test)


class Writer:
    """Seals each event and writes it at once."""

    __slots__ = ("_sealed", "root")

    def __init__(self) -> None:
        self.root = ""
        self._sealed = Sealed(b"")

    def begin(self) -> None:
        """Take what the parent asks, and the key."""
        wishes = json.loads(os.environ.get("PATCHWIRE_PROBE", "{}"))
        self.root = wishes.get("root", os.getcwd())
        self._sealed.key = taken(wishes.get("key_file", ""))
        if self._sealed.key:
            self._sealed.out = os.open(wishes["report"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, event: str, **values: Any) -> None:
        values["event"] = event
        self._sealed.write(json.dumps(values))

    def inside(self, path: str) -> str | None:
        """The path relative to the tree; None for what is not the tree's own."""
        path = os.path.join(self.root, path)
        if not path.startswith(self.root + os.sep) or "site-packages" in path:
            return None
        return os.path.relpath(path, self.root)


WRITER = Writer()


def _tell(test: Any, outcome: str, message: str = "", err: Any = None, when: str = "call") -> None:
    if len(message) > _MESSAGE_HEAD + _MESSAGE_TAIL:
        message = message[:_MESSAGE_HEAD] + "\n[...]\n" + message[-_MESSAGE_TAIL:]
    frames = [] if err is None else _frames(err)
    WRITER.write("result", id=test.id(), when=when, outcome=outcome, message=message, frames=frames, seconds=0.0)


def _frames(err: Any) -> list[tuple[str, int, str]]:
    found, trace = [], err[2]
    while trace is not None:
        path = WRITER.inside(trace.tb_frame.f_code.co_filename)
        if path is not None:
            found.append((path, trace.tb_lineno, trace.tb_frame.f_code.co_name))
        trace = trace.tb_next
    return found[::-1][:30]


def _place(test: Any) -> tuple[str, int]:
    """Where a test stands; for what is no method (a module that cannot be loaded), its name as a file's."""
    try:
        method = getattr(test, test._testMethodName)  # noqa: SLF001  # unittest has no other word for it
        path = WRITER.inside(inspect.getsourcefile(type(test)) or "")
        line = inspect.unwrap(method).__code__.co_firstlineno
    except (AttributeError, TypeError, OSError):
        path, line = None, 1
    if path is None or "_FailedTest" in test.id():
        path = test.id().rpartition("_FailedTest.")[2].replace(".", "/") + ".py"
    return path, line


def main() -> None:
    """Run as `python -m unittest` does."""
    WRITER.begin()
    here = os.getcwd()
    sys.path[:] = [here] + [entry for entry in sys.path if entry not in ("", here)]
    sys.argv[0] = "python -m unittest"
    before = watch.known()
    program = unittest.main(module=None, testRunner=Runner, exit=False)
    for name in watch.turned(before):
        WRITER.write("turned", name=name)
    ran = program.result.testsRun or program.result.skipped
    code = 1 if not program.result.wasSuccessful() else 0 if ran else _NO_TESTS
    remap.tell()
    WRITER.write("finish", exit=code, modules=[])
    sys.exit(code)


if __name__ == "__main__":
    # By its own name, so that what is watched is what runs.
    __import__("importlib").import_module("patchwire_probe.unittests").main()
