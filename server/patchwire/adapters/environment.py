"""Which environment variables a child process may see: an allow-list, for what is not named cannot leak.

Knows names only, no values: the model's key, cloud credentials and the editor's sockets stay with the server.
"""

import re
from collections.abc import Collection, Mapping

_ALLOWED = frozenset(
    [
        *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYENV_ROOT", "PYENV_VERSION"),
        *("PYTHONPATH", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING", "SOURCE_DATE_EPOCH"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
        *("GOPATH", "GOROOT", "GOCACHE", "GOMODCACHE", "NVM_DIR", "NVM_BIN"),
    ]
)
_ALLOWED_SHAPE = re.compile(r"LC_[A-Z_]+|XDG_(?:CACHE|CONFIG|DATA|STATE)_HOME|[A-Z0-9_]+_HOME")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH", re.IGNORECASE)

QUIET = {"TERM": "dumb", "NO_COLOR": "1", "CI": "1", "PYTHONUNBUFFERED": "1"}
"""What makes programs print plain text at once and behave the same on every machine."""


def child_environment(environment: Mapping[str, str], passed: Collection[str] = ()) -> dict[str, str]:
    """The part of `environment` that a child may have, what the user lets pass by name, and `QUIET` over it."""
    allowed = {name: value for name, value in environment.items() if _may_pass(name) or name in passed}
    return allowed | QUIET


def _may_pass(name: str) -> bool:
    if _SECRET.search(name):
        return False
    return name in _ALLOWED or _ALLOWED_SHAPE.fullmatch(name) is not None
