"""A pytest plugin that tells what happens while it happens: one JSON line per event, so that a crash loses nothing.

It also chooses the tests (in place of those that the command names) and, where asked, follows the lines that each test
runs. Works with pytest-xdist: the workers attach what only they can see, the controller writes. What it writes is
sealed (`seal`), and before it ends it looks whether pytest is still itself (`watch`).

PYTEST_DONT_REWRITE: the warm pytest imports us before pytest does, which is an error where a project makes errors of
warnings.
"""

# ruff: noqa: PTH109, PTH118
# pathlib would slow down every start.

from __future__ import annotations

import json
import os
import sys

import pytest

from . import remap, watch
from .seal import Sealed, taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .trace import Tracer

_MESSAGE_HEAD, _MESSAGE_TAIL = 500, 1450
_MOST_FRAMES = 30
_BY_HISTORY = ("lf", "failedfirst", "newfirst", "stepwise", "stepwise_skip")
"""Options that choose tests by how they went the last time: no two runs of ours would be of the same tests."""


class Wishes:
    """What the parent asks of this run, from the environment (or from the warm server)."""

    def __init__(self, wishes: dict[str, Any]) -> None:
        self.root = wishes.get("root", os.getcwd())
        self.report: str = wishes.get("report", "")
        self.key: bytes = bytes.fromhex(wishes.get("key", "")) or taken(wishes.get("key_file", ""))
        self.targets = wishes.get("targets")
        self.most_failures = wishes.get("most_failures")
        self.trace = wishes.get("trace", False)
        self.traceback_style = wishes.get("traceback_style")


class Probe:
    """The state of one run. It has slots, so that nobody hangs a `write` of their own before ours."""

    __slots__ = ("prefix", "sealed", "serve", "serve_early", "silent", "tracer", "watched", "wishes")

    def __init__(self) -> None:
        self.wishes = Wishes(json.loads(os.environ.get("PATCHWIRE_PROBE", "{}")))
        self.sealed = Sealed(self.wishes.key)
        self.watched: dict[str, Any] = {}
        self.prefix = ""
        self.silent = False
        self.tracer: Tracer | None = None
        self.serve: Callable[[], dict[str, Any]] | None = None  # a warm server's: returns in its forks only
        self.serve_early = False

    def write(self, event: str, **values: Any) -> None:
        """Write one line at once; a single `write` keeps lines of several processes apart."""
        if self.silent:
            return
        if self.sealed.out < 0 and self.wishes.report:
            self.sealed.out = os.open(self.wishes.report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        values["event"] = event
        self.sealed.write(json.dumps(values))

    def begin(self, wishes: dict[str, Any]) -> None:
        """Take the wishes of a run of a warm server's; it has a key of its own."""
        self.wishes = Wishes(wishes)
        self.sealed.key = self.wishes.key

    def id(self, nodeid: str) -> str:
        """pytest's id as it can be given back to us: relative to our root, not to pytest's."""
        return self.prefix + nodeid

    def frames(self, excinfo: Any) -> list[tuple[str, int, str]]:
        """The places inside the tree where the exception passed, innermost first."""
        error = excinfo.value
        if isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
            error = error.__cause__
        found = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            path = self.inside(code.co_filename)
            if path is not None:
                found.append((path, trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            path = self.inside(error.filename)
            if path is not None:
                found.append((path, error.lineno, "<module>"))
        return found[::-1][:_MOST_FRAMES]

    def inside(self, path: str) -> str | None:
        """The path relative to the tree; None for what is not the tree's own."""
        path = os.path.join(self.wishes.root, path)
        if not path.startswith(self.wishes.root + os.sep) or "site-packages" in path:
            return None
        return os.path.relpath(path, self.wishes.root)


PROBE = Probe()
if os.environ.get("PYTEST_PLUGINS") == __name__:
    del os.environ["PYTEST_PLUGINS"]  # a pytest that the tests start is their own affair


def _short(text: str) -> str:
    if len(text) <= _MESSAGE_HEAD + _MESSAGE_TAIL:
        return text
    return text[:_MESSAGE_HEAD] + "\n[...]\n" + text[-_MESSAGE_TAIL:]


def _message(report: Any) -> str:
    text = getattr(report, "longreprtext", None)
    return _short(str(report.longrepr) if text is None else text)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
    PROBE.watched = watch.known()
    if PROBE.serve is not None and PROBE.serve_early:
        PROBE.begin(PROBE.serve())
    options = early_config.known_args_namespace
    if hasattr(options, "no_cov"):
        options.no_cov = True  # a part of the tests cannot reach the coverage that the whole must reach
    outcome: Any = yield
    if outcome.excinfo is not None and issubclass(outcome.excinfo[0], Exception):
        _tell_of_conftest(outcome.excinfo[1])


def _tell_of_conftest(error: Any) -> None:
    """A conftest.py that cannot be imported ends pytest before it can report anything."""
    cause = getattr(error, "cause", None)
    if cause is None:  # older pytest
        cause = getattr(error, "excinfo", (None, error))[1]
    excinfo = pytest.ExceptionInfo.from_exc_info((type(cause), cause, cause.__traceback__))
    path = PROBE.inside(str(getattr(error, "path", "conftest.py")))
    PROBE.write(
        "result", id=path or "conftest.py", when="collect", outcome="failed",
        message=_short(str(excinfo.getrepr(style="short"))), frames=PROBE.frames(excinfo), seconds=0.0,
    )  # fmt: skip


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_cmdline_main(config: Any) -> Iterator[None]:
    for name in _BY_HISTORY:
        if getattr(config.option, name, False):
            setattr(config.option, name, False)
    if PROBE.serve is not None and hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0  # pytest-xdist would start processes that are not warm
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: Any) -> None:
    if hasattr(config, "workerinput"):
        PROBE.silent = True
        PROBE.sealed.key = bytes.fromhex(config.workerinput["patchwire_key"])
    top = os.path.relpath(str(config.rootdir), PROBE.wishes.root)
    PROBE.prefix = "" if top == os.curdir else top.replace(os.sep, "/") + "/"
    _apply_wishes(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: Any) -> None:
    if PROBE.serve is not None and not PROBE.serve_early:
        PROBE.begin(PROBE.serve())
        _apply_wishes(session.config)


def _apply_wishes(config: Any) -> None:
    wishes = PROBE.wishes
    if wishes.targets is not None and not PROBE.silent:
        config.args = list(wishes.targets)
    config.option.maxfail = wishes.most_failures or 0  # `-x` in a configuration would hide what else fails
    if wishes.traceback_style is not None:
        config.option.tbstyle = wishes.traceback_style
    if wishes.trace:
        from .trace import Tracer

        PROBE.tracer = Tracer(wishes.root)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist gets the key from us: what it was written in is gone."""
    node.workerinput["patchwire_key"] = PROBE.wishes.key.hex()


def pytest_collection_finish(session: Any) -> None:
    PROBE.write("collected", count=len(session.items))


def pytest_deselected(items: Any) -> None:
    PROBE.write("deselected", count=len(items))


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    call = getattr(report, "call", None)
    if report.failed and call is not None and call.excinfo is not None:
        report.patchwire_frames = PROBE.frames(call.excinfo)


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        PROBE.write(
            "result", id=PROBE.id(report.nodeid), when="collect", outcome="failed", message=_message(report),
            frames=getattr(report, "patchwire_frames", []), seconds=0.0,
        )  # fmt: skip


def pytest_runtest_logstart(nodeid: str, location: Any) -> None:
    PROBE.write("start", id=PROBE.id(nodeid), path=PROBE.prefix + location[0], line=(location[1] or 0) + 1)


def pytest_runtest_logfinish(nodeid: str) -> None:
    PROBE.write("end", id=PROBE.id(nodeid))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed and call.excinfo is not None:
        report.patchwire_frames = PROBE.frames(call.excinfo)
        if PROBE.tracer is not None:
            PROBE.tracer.failed = True


def pytest_runtest_logreport(report: Any) -> None:
    if report.when != "call" and report.passed:
        return
    PROBE.write(
        "result", id=PROBE.id(report.nodeid), when=report.when, outcome=report.outcome,
        message=_message(report) if report.failed else "", frames=getattr(report, "patchwire_frames", []),
        seconds=report.duration,
    )  # fmt: skip


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    if PROBE.tracer is None:
        yield
        return
    PROBE.tracer.start()
    outcome: Any = yield
    if outcome.excinfo is not None:  # interrupted: by our time limit, as a rule
        PROBE.tracer.failed = True
    PROBE.tracer.stop()


@pytest.hookimpl(hookwrapper=True, trylast=True)  # inside the wrappers of pytest's own, which are not looked at
def pytest_runtest_setup() -> Iterator[None]:
    yield from _followed()


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call() -> Iterator[None]:
    yield from _followed()


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_teardown() -> Iterator[None]:
    yield from _followed()


def _followed() -> Iterator[None]:
    if PROBE.tracer is not None:
        PROBE.tracer.resume()
    yield
    if PROBE.tracer is not None:
        PROBE.tracer.pause()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtestloop(session: Any) -> Iterator[None]:
    yield
    for name in watch.turned(PROBE.watched, session):
        PROBE.write("turned", name=name)


def pytest_keyboard_interrupt(excinfo: Any) -> None:
    PROBE.write("interrupted", frames=PROBE.frames(excinfo))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(exitstatus: Any) -> None:
    if PROBE.serve is not None:
        PROBE.write("finish", exit=int(exitstatus), modules=[])
        leave(int(exitstatus))
    hidden, PROBE.silent = PROBE.silent, False
    if PROBE.tracer is not None:
        PROBE.write("hits", hits=PROBE.tracer.hits())
    PROBE.silent = hidden
    PROBE.write("finish", exit=int(exitstatus), modules=sorted(_foreign_modules()))


def leave(code: int) -> None:
    """End a fork: its results are told, and what a fresh process would still do at its end is nobody's business."""
    remap.tell()
    os._exit(code)


def _foreign_modules() -> list[str]:
    """What was imported and is not the tree's own: what a warm server may import beforehand."""
    return [
        name
        for name, module in list(sys.modules.items())
        if "site-packages" in str(getattr(module, "__file__", None) or "") and name != __name__
    ]
