"""The documented client in `examples/clients/`, unchanged, against a `patchwire serve` process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

EXAMPLE = Path(__file__).parents[2] / "examples" / "clients"
ANSWERS = ["Six letters.", "resume:", "Nine letters.", "restart:", "The second.", "compact:", "You are welcome."]


@contextmanager
def serving(*arguments: str) -> Iterator[dict[str, Any]]:
    """A server process, and where it is; its play must have been played to the end, and no client been mistaken."""
    command = [sys.executable, "-m", "patchwire", "serve", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            _, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert "not played" not in err


def run(where: dict[str, Any]) -> list[str]:
    """What the example prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE / "websocket_client.py")],
        env={**os.environ, "OPENAI_BASE_URL": where["base_url"], "OPENAI_API_KEY": where["token"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def exchanges(where: dict[str, Any]) -> list[dict[str, Any]]:
    """The server's record."""
    answer = httpx.get(
        f"{where['control_url']}/exchanges", headers={"Authorization": f"Bearer {where['token']}"}, trust_env=False
    )
    record: list[dict[str, Any]] = answer.json()["exchanges"]
    return record


def test_it_walks_through_all_of_it() -> None:
    with serving("--script", str(EXAMPLE / "play.json")) as where:
        assert run(where) == ANSWERS
        record = exchanges(where)
    assert {exchange["status"] for exchange in record} == {"completed"}
    warm_up, first, outputs, resumed, _, restarted, parallel, compacted = record
    assert warm_up["body"]["generate"] is False
    assert first["body"]["previous_response_id"] == warm_up["response_id"]
    assert [item["type"] for item in outputs["body"]["input"]] == ["function_call_output"]
    assert resumed["connection"] == 2
    assert resumed["body"]["previous_response_id"] == outputs["response_id"]
    assert len(resumed["body"]["input"]) == 1
    assert restarted["body"]["previous_response_id"] is None
    assert len(restarted["body"]["input"]) == len(resumed["context"]) + 4
    assert [item["type"] for item in parallel["body"]["input"]] == ["function_call_output"] * 2
    kinds = [item["type"] for item in compacted["body"]["input"]]
    assert kinds == ["message", "message", "message", "compaction", "message"]


def test_failures_on_the_way_change_no_answer() -> None:
    script, faults = (str(EXAMPLE / name) for name in ("play.json", "faults.json"))
    with serving("--script", script, "--faults", faults) as where:
        printed = run(where)
        record = exchanges(where)
    assert [line for line in printed if not line.startswith("  (")] == ANSWERS
    told = [line.strip(" ()") for line in printed if line.startswith("  (")]
    assert told == [
        "websocket_connection_limit_reached",
        "WebSocketConnectionClosedException",
        "previous_response_not_found",
        "WebSocketConnectionClosedException",
    ]
    assert {exchange["status"] for exchange in record} == {"completed", "lost", "refused"}
