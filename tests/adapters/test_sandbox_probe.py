"""What the machine can do is found out once, also where it is asked for while it is being found out."""

import subprocess
import sys
from pathlib import Path

import pytest

from patchwire.adapters.sandbox_probe import probe

EARLY = """
import sys
from patchwire.adapters import sandbox_probe
tried = []
sys.addaudithook(lambda event, arguments: event == "subprocess.Popen" and tried.append(arguments[0]))
sandbox_probe.probe_early()
machine = sandbox_probe.probe()
print(len(tried), machine.best)
"""


def begun_early(state: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "XDG_STATE_HOME": str(state)}
    return subprocess.run([sys.executable, "-c", EARLY], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(probe().best != "overlay", reason="no sandbox here, or not the best")
def test_what_begins_early_is_not_begun_again(tmp_path: Path) -> None:
    assert begun_early(tmp_path).stdout.split() == ["1", "overlay"]


def test_no_place_for_our_state_is_told_to_who_asks_alone(tmp_path: Path) -> None:
    (tmp_path / "patchwire").symlink_to(tmp_path)
    told = begun_early(tmp_path).stderr
    assert "is not a directory of yours" in told.splitlines()[-1]
    assert "Exception in thread" not in told
