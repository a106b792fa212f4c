"""Streams that are closed, full, or left by their reader."""

import os
import pty
import subprocess
import sys

import pytest

DELIVER = """
import sys
from patchwire.cli import streams
streams.complete()
streams.say("hello")
told = [streams.deliver(b"diff"), streams.deliver(b"diff")]
sys.exit(10 + told.count(True))
"""


def deliver(redirections: str) -> subprocess.CompletedProcess[str]:
    """Say and deliver in a process with these redirections of the shell's; it exits with 10 + what it delivered."""
    shell = f'"$0" -c "$1" {redirections}'
    return subprocess.run(["sh", "-c", shell, sys.executable, DELIVER], capture_output=True, text=True, check=False)


def test_what_is_delivered_is_delivered() -> None:
    done = deliver("")
    assert (done.returncode, done.stdout, done.stderr) == (12, "diffdiff", "patchwire: hello\n")


def test_a_full_disk_is_told_and_leaves_no_traceback() -> None:
    done = deliver(">/dev/full")
    assert done.returncode == 11  # what came after the failure went nowhere, as intended
    assert done.stderr == "patchwire: hello\npatchwire: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize("redirections", [">&-", "<&- >&-", "2>&- <&-"])
def test_closed_streams_are_no_obstacle(redirections: str) -> None:
    done = deliver(redirections)
    assert done.returncode == 12
    assert "Traceback" not in done.stderr
    assert "hello" not in done.stdout


def test_nobody_hears_and_the_work_goes_on() -> None:
    assert deliver("2>/dev/full").stdout == "diffdiff"


def test_a_terminal_is_shown_control_characters_and_a_pipe_gets_them() -> None:
    script = "from patchwire.cli import streams; streams.deliver(b'+\\x1b]52;c;eA==\\x07\\n'); streams.say('a\\x07b')"
    piped = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (piped.stdout, piped.stderr) == (b"+\x1b]52;c;eA==\x07\n", b"patchwire: ab\n")
    controller, terminal = pty.openpty()
    subprocess.run([sys.executable, "-c", script], stdout=terminal, stderr=subprocess.DEVNULL, check=True)
    assert os.read(controller, 1000) == b"+^[]52;c;eA==^G\r\n"
    os.close(terminal)
    os.close(controller)
