"""No secret passes: not by its name, not by not being known."""

import pytest

from patchwire.adapters.environment import QUIET, child_environment

SECRETS = """OPENAI_API_KEY ANTHROPIC_API_KEY AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN GH_TOKEN GITHUB_TOKEN NPM_TOKEN
DATABASE_URL SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS VSCODE_IPC_HOOK GIT_DIR GIT_INDEX_FILE GIT_ASKPASS LD_PRELOAD
LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES NODE_OPTIONS PYTHONSTARTUP PYTHONINSPECT BASH_ENV ENV PERL5OPT RUBYOPT
JAVA_TOOL_OPTIONS TOKEN_HOME KEY_HOME LC_SECRET PGPASSWORD OPENAI_BASE_URL PYTEST_ADDOPTS"""


@pytest.mark.parametrize("name", SECRETS.split())
def test_what_may_be_secret_or_harmful_stays(name: str) -> None:
    assert child_environment({name: "canary"}) == QUIET


@pytest.mark.parametrize(
    "name",
    ["PATH", "HOME", "LC_ALL", "JAVA_HOME", "XDG_CACHE_HOME", "PYTHONPATH", "TZ", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"],
)
def test_what_programs_need_passes(name: str) -> None:
    assert child_environment({name: "value"})[name] == "value"


def test_output_is_plain_whatever_the_user_has_set() -> None:
    assert child_environment({"TERM": "xterm-256color", "HOME": "/h"}) == {"HOME": "/h", **QUIET}
