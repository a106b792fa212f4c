"""`patchwire serve` as a process: where it says it is, what it serves, and how it ends."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Process = asyncio.subprocess.Process


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "patchwire", "serve", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")},
    )  # fmt: skip


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """A running server and what it said of itself; ended at the latest here."""
    process = await start("--json", *arguments)
    assert process.stdout is not None
    try:
        yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: Process, number: int = signal.SIGINT) -> str:
    process.send_signal(number)
    _, err = await process.communicate()
    return err.decode()


def client(where: dict[str, Any], **settings: Any) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {where['token']}"}
    return httpx.AsyncClient(base_url=where["base_url"], headers=headers, trust_env=False, **settings)


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


async def test_the_built_in_model_answers_until_ctrl_c() -> None:
    async with serving("--model", "mine") as (process, where):
        async with client(where) as http:
            names = [model["id"] for model in (await http.get("models")).json()["data"]]
            answer = await http.post("responses", json={"model": "mine", "input": "Hello?"})
        assert names[:2] == ["mine", "patchwire-offline"]
        assert answer.json()["output"][0]["type"] == "message"
        assert where["control_url"] == where["base_url"].replace("/v1", "/_control")
        err = await ended(process)
    assert process.returncode == 0
    assert err == "patchwire: requests: 1, refused: 0, understood otherwise by the client: 0\n"


async def test_without_json_it_says_where_it_is_on_standard_error() -> None:
    process = await start("--token", "sk-mine")
    assert process.stderr is not None
    lines = [(await process.stderr.readline()).decode().rstrip() for _ in range(3)]
    process.send_signal(signal.SIGTERM)
    out, _ = await process.communicate()
    assert out == b""
    assert lines[0].startswith("patchwire: serving the built-in model until Ctrl-C")
    assert lines[1].startswith("export OPENAI_BASE_URL=http://127.0.0.1:")
    assert lines[2] == "export OPENAI_API_KEY=sk-mine"
    assert process.returncode == 0


async def test_a_play_and_faults_come_from_files(tmp_path: Path) -> None:
    play = written(tmp_path / "play.json", [{"say": "One."}, {"say": "Two."}])
    faults = written(tmp_path / "faults.json", {"requests": {"1": {"fail": {"status": 503, "headers": {"a": "b"}}}}})
    async with serving("--script", play, "--faults", faults) as (process, where):
        async with client(where) as http:
            asked = {"model": "gpt-6.2-sol", "input": "Hello?"}
            first, second = [await http.post("responses", json=asked) for _ in range(2)]
        assert (first.status_code, first.headers["a"]) == (503, "b")
        assert second.json()["output"][0]["content"][0]["text"] == "One."
        err = await ended(process)
    assert "acts of the play that were not played: 1, requests after its end: 0" in err


async def test_a_difference_is_an_exit_code(tmp_path: Path) -> None:
    play = written(tmp_path / "play.json", [{"say": "One."}])
    async with serving("--script", play) as (process, where):
        async with client(where) as http:
            metadata = {"context_sha256": "0" * 64}
            await http.post("responses", json={"model": "gpt-6.2-sol", "input": "Hello?", "metadata": metadata})
        err = await ended(process)
    assert process.returncode == 1
    assert "understood otherwise by the client: 1" in err


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("--script", '[{"shout": "a"}]', "act 1 of the play"),
        ("--faults", '{"requests": {"1": {"drop": {"afetr": 1}}}}', "requests.1.drop: there is no 'afetr' here"),
        ("--faults", "{", "Expecting"),
        ("--faults", None, "No such file"),
        ("--certificate", "none", "PEM"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, option: str, text: str | None, says: str) -> None:
    path = tmp_path / "file"
    if text is not None:
        path.write_text(text, "utf-8")
    process = await start(option, str(path))
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert str(path) in err.decode()
    assert says in err.decode()


@pytest.mark.parametrize("port", ["70000", "-1"])
async def test_a_port_that_is_none_is_a_usage_error(port: str) -> None:
    process = await start(f"--port={port}")
    _, err = await process.communicate()
    assert process.returncode == 2
    assert f"port {port} cannot be used: a port is a number from 0 to 65535" in err.decode()
    assert "Traceback" not in err.decode()


async def test_a_port_that_is_taken_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start("--port", str(port))
        _, err = await process.communicate()
    assert process.returncode == 2
    assert f"port {port} cannot be used" in err.decode()


def certificate(place: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem, key = place / "certificate.pem", place / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    kind, unencrypted = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, kind, unencrypted))
    return pem, key


async def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    async with serving("--certificate", str(chain), "--private-key", str(key)) as (process, where):
        trust = ssl.create_default_context(cafile=chain)
        async with client(where, verify=trust) as http:
            assert (await http.get("models")).status_code == 200
        await ended(process)
    assert where["base_url"].startswith("https://")
