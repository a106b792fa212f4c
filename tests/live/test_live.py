"""`make live`, as far as it can be tested without the real service: against the local one, and where it must refuse."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.live.__main__ import ACTS, live, main

from patchwire.loopback.faults import Faults, Inject
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback
from patchwire.models import find
from patchwire.settings import Settings

ROOT = Path(__file__).parents[2]


def settings_for(server: Loopback) -> Settings:
    return Settings(find("m"), None, server.base_url, server.token, warm_up=True)


@pytest.mark.parametrize(("variables", "says"), [({"CI": "1"}, "does not run in CI"), ({}, "set OPENAI_API_KEY")])
def test_it_refuses_without_a_key_and_in_ci(variables: dict[str, str], says: str, tmp_path: Path) -> None:
    unwanted = ("CI", "OPENAI_API_KEY", "PATCHWIRE_KEY_COMMAND")
    clean = {name: value for name, value in os.environ.items() if name not in unwanted}
    done = subprocess.run(
        [sys.executable, "-m", "tests.live", "--output", str(tmp_path / "live")],
        cwd=ROOT, env=clean | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "live").exists()


def test_ci_does_not_ask_for_it() -> None:
    assert "live" not in (ROOT / ".ci" / "run").read_text("utf-8")


async def test_a_service_that_does_as_assumed_shows_no_difference(tmp_path: Path) -> None:
    async with Loopback(Play(*ACTS), models=["m"]) as server:
        assert await live(settings_for(server), tmp_path) == 0
    text = (tmp_path / "differences.md").read_text("utf-8")
    assert "None." in text
    raw = (tmp_path / "frames.jsonl").read_text("utf-8")
    frames = [json.loads(line) for line in raw.splitlines()]
    assert frames[0]["way"] == "up"
    assert frames[0]["generate"] is False
    assert {frame["type"] for frame in frames} >= {"response.create", "response.completed"}
    assert server.token not in raw
    assert server.exchanges[-1].response_id not in raw
    assert re.fullmatch(r"resp_\d+", frames[-1]["response"]["id"])


async def test_a_service_that_does_otherwise_is_described(tmp_path: Path) -> None:
    faults = Faults(requests={2: Inject()})
    async with Loopback(Play(say("I will not.")), models=["m"], faults=faults) as server:
        assert await live(settings_for(server), tmp_path) == 1
    text = (tmp_path / "differences.md").read_text("utf-8")
    assert "event `codex.rate_limits` came and is not assumed" in text
    assert "event `response.function_call_arguments.delta` is assumed and did not come" in text


def test_help_says_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "costs money" in capsys.readouterr().out
