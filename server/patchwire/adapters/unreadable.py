"""Makes the process that holds the key unreadable to other processes of the same user: tests, above all.

On Linux such a process may read another's environment (`/proc/PID/environ`) and memory, unless that one says otherwise.
Programs that we start are readable as ever, for they hold no key. Elsewhere this does nothing: on macOS and Windows a
program of the same user can read what we were started with, and a sandbox is what keeps it from doing so.
"""

import sys

_PR_SET_DUMPABLE = 4


def become_unreadable() -> bool:
    """Close `/proc/PID` and `ptrace` of this process to everybody but root; whether the system could do it."""
    if sys.platform != "linux":
        return False
    import ctypes  # not before there is a need: it is slow to load

    done: int = ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return done == 0
