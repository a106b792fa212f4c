"""Commands of the model's own, over a whole turn: where they are offered, what they can do, and what becomes of it.

They need a sandbox. Where there is none, all of this is skipped but the first two, which say that nothing is offered.
"""

from pathlib import Path

import pytest
from tests.stage import BUGGY, FIX, perform, repository

from patchwire.adapters.isolation import Wish, foreseen
from patchwire.agent.tools import TOOLS
from patchwire.loopback.play import call, say
from patchwire.task import Status

WRITE = call("write_patch", patch=FIX)


def command(text: str, *, keep: bool = False, directory: str | None = None) -> dict[str, object]:
    return call("run_command", command=text, directory=directory, keep=keep)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


@pytest.fixture
def sandboxed(root: Path) -> Path:
    if not foreseen(root, Wish()).commands:
        pytest.skip("no sandbox on this machine, so no commands are run")
    return root


async def test_it_is_offered_where_there_is_a_sandbox_and_the_list_never_changes(root: Path) -> None:
    played = await perform(root, call("list_files", path=None), WRITE, say("Done."))
    lists = [[tool["name"] for tool in exchange.body["tools"]] for exchange in played.exchanges]
    names = [tool.name for tool in TOOLS]
    offered = foreseen(root, Wish()).commands
    assert lists == [names + ["run_command"] * offered] * len(played.exchanges)


async def test_a_command_reproduces_and_leaves_nothing(sandboxed: Path) -> None:
    played = await perform(
        sandboxed,
        command("python -c 'from cart import total; print(total([2, 3]))'; echo > litter; rm test_cart.py"),
        WRITE,
        command("python -c 'from cart import total; print(total([2, 3]))'"),
        say("Done."),
    )
    before, _, after = played.outputs()
    assert before.splitlines()[-1] == "  3"
    assert after.splitlines()[-1] == "  5", "it sees what was patched"
    assert played.outcome.status is Status.DONE
    assert [change.path for change in played.outcome.changes] == ["cart.py"]


async def test_what_is_kept_is_a_change_like_any_other(sandboxed: Path) -> None:
    text = "sed -i 's/prices\\[1:\\]/prices/' cart.py && echo x > .git/hooks/pre-commit"
    played = await perform(sandboxed, command(text, keep=True), say("Done."))
    assert "kept: cart.py\n" in played.outputs()[0]
    assert "Read-only file system" in played.outputs()[0]
    assert played.outcome.status is Status.DONE
    assert played.outcome.message.startswith("1 failing test now passes, 0 broke")
    assert [change.path for change in played.outcome.changes] == ["cart.py"]


async def test_tests_that_a_command_changes_count_for_nothing(sandboxed: Path) -> None:
    played = await perform(
        sandboxed,
        command("sed -i 's/== 5/== 3/' test_cart.py", keep=True),
        say("Done."),
        say("Really."),
        finished=False,
    )
    assert "kept: test_cart.py" in played.outputs()[0]
    assert played.outcome.status is Status.TESTS_FAILING


async def test_a_command_has_no_network_and_a_limit(sandboxed: Path) -> None:
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), 3)"
    played = await perform(
        sandboxed, command(f'python -c "{reach}"'), command("pwd", directory="nowhere"), WRITE, say("Done.")
    )
    assert "unreachable" in played.outputs()[0]
    assert played.outputs()[1].startswith("Error: nowhere is not a directory")
    assert BUGGY["cart.py"] == (sandboxed / "cart.py").read_text()
