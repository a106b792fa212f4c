"""What every test shares: how hard Hypothesis tries, and which tests are end-to-end.

Holds no fixtures: those stand in the room that they belong to.
"""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A property test takes its number of examples from here, so that `make soak` can raise it. In CI the examples are the
# same in every run, so that a red run is the commit's fault.
settings.register_profile("default", max_examples=60, deadline=None)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("soak", parent=settings.get_profile("default"), max_examples=3000, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# What a workspace keeps on disk goes where nobody's own sessions are.
STATE = tempfile.mkdtemp(prefix="patchwire-tests-")
os.environ["XDG_STATE_HOME"] = STATE
atexit.register(shutil.rmtree, STATE, ignore_errors=True)

E2E = Path(__file__).parent / "e2e"

# What was started in the background begins with Ctrl-C ignored, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """The pytest that a test starts loads no plugin of ours, which is three quarters of its time.

    Not in the process that only hands tests out (xdist): those that run them begin with its environment.
    """
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in `tests/e2e/`, so that a module there cannot forget to."""
    for item in items:
        if item.path.is_relative_to(E2E):
            item.add_marker(pytest.mark.e2e)
