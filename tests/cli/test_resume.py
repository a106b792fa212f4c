"""`patchwire sessions` and `patchwire resume` as processes: what one run left, another goes on with."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from tests.cli.test_run import CLEAN, to
from tests.stage import FIX, repository

from patchwire.loopback.faults import Faults, Gone
from patchwire.loopback.play import Play, call, say
from patchwire.loopback.server import Loopback

READ = call("read_file", path="cart.py", start_line=None, end_line=None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with a state directory of its own."""
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path), "PATCHWIRE_JOURNAL": "1"}


def written(home: dict[str, str]) -> str:
    return "".join(path.read_text() for path in Path(home["XDG_STATE_HOME"]).rglob("*.jsonl"))


async def patchwire(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "patchwire", *arguments, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=CLEAN | environment,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_session_that_broke_off_is_taken_up(root: Path, home: dict[str, str]) -> None:
    async with Loopback(Play(READ, say("never heard")), faults=Faults(requests={3: Gone()})) as server:
        code, _, err = await patchwire("run", "Fix the slice.", "--repo", str(root), **to(server), **home)
    assert code == 3, err
    code, out, _ = await patchwire("sessions", "--json", **home)
    (session,) = json.loads(out)
    assert (session["status"], session["task"], session["root"]) == ("failed", "Fix the slice.", str(root))
    async with Loopback(Play(call("write_patch", patch=FIX), say("Done."))) as server:
        code, out, err = await patchwire("resume", session["id"], **to(server), **home)
        first = next(exchange for exchange in server.exchanges if exchange.body.get("generate") is not False)
        assert server.token not in written(home)
    assert code == 0, err
    assert out.startswith("diff --git")
    said = json.dumps(first.context)
    assert "read_file" in said
    assert "taken up again" in said
    assert said.count("Fix the slice.") == 2
    code, out, _ = await patchwire("sessions", **home)
    assert "done" in out
    assert str(root) in out


async def test_no_journal_leaves_nothing(root: Path, home: dict[str, str]) -> None:
    for arguments, environment in (
        (["--no-journal"], {}),
        ([], {"PATCHWIRE_ZERO_RETENTION": "1"}),
    ):
        async with Loopback(Play(say("Hello."))) as server:
            await patchwire("run", "Say it.", "--repo", str(root), *arguments, **to(server), **home | environment)
        assert written(home) == ""
    assert await patchwire("sessions", **home) == (0, "", "")


async def test_a_session_that_there_is_not_is_a_usage_error(home: dict[str, str]) -> None:
    code, out, err = await patchwire("resume", "20261122-120000-aaaaaa", **home)
    assert (code, out) == (2, "")
    assert "there is no session" in err
    code, out, _ = await patchwire("resume", "--json", "20261122-120000-aaaaaa", **home)
    assert (code, json.loads(out)["status"]) == (2, "failed")
    assert "there is no session" in json.loads(out)["message"]
