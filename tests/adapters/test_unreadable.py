"""What a test process of the same user can see of the process that holds the key: nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

import patchwire

SCRIPT = """
import ctypes, os, subprocess
from patchwire.adapters.unreadable import become_unreadable

if os.geteuid() == 0:  # root may read everything
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as if we had been started like this

def attempts():
    for what in ("environ", "maps", "mem"):
        done = subprocess.run(["/usr/bin/head", "-c1", f"/proc/{os.getpid()}/{what}"], capture_output=True)
        yield "denied" if b"Permission denied" in done.stderr else "open"

print(*attempts())
print(become_unreadable(), become_unreadable())
print(*attempts())
print(subprocess.run(["/usr/bin/head", "-c1", "/proc/self/environ"], capture_output=True).returncode)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux shows a process to its user's other processes like this"
)
def test_children_cannot_read_the_environment_or_memory() -> None:
    server = Path(patchwire.__file__).parent.parent
    environment = {"PYTHONPATH": str(server), "OPENAI_API_KEY": "canary"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["open open open", "True True", "denied denied denied", "0"]
