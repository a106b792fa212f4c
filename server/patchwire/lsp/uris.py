"""A URI as a path on this machine: `file:` alone, and made regular before anybody compares it with a folder.

`file:///w/a/%2e%2e/b` is in `/w/b`, and not in `/w/a`. Knows no folder and opens nothing.
"""

import os

from pygls.uris import to_fs_path

from patchwire.patch.spelling import reaches_git


def file_path(uri: str) -> str | None:
    """The path; None for what is no file of this machine, or is git's own."""
    path = to_fs_path(uri)
    if not path or "\0" in path or path.startswith("//"):  # a NUL; another machine
        return None
    path = os.path.normpath(path)
    return None if reaches_git(path) else path
