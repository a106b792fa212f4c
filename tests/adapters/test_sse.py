"""What is HTTP's own: bodies, event streams, refusals as frames, time limits, compaction. The rest: the contract."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.certificates import self_signed

from patchwire.adapters.sse import HttpTransport
from patchwire.errors import ConnectionLost, ProviderError
from patchwire.loopback.play import Play, say
from patchwire.loopback.server import Loopback

KEY = "sk-secret-0123456789"
CREATE = '{"type":"response.create","model":"m","input":"hello","generate":true,"stream_id":"a","store":false}'
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Asked:
    """One request as it came."""

    def __init__(self, head: str, body: bytes) -> None:
        self.line, *lines = head.split("\r\n")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
        self.body = body


@asynccontextmanager
async def answering(*answers: Answer, asked: list[Asked] | None = None, **options: Any) -> AsyncIterator[str]:
    """A bare HTTP server that answers one request after another; yields its base URL."""
    waiting = list(answers)
    handlers = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.current_task())
        try:
            while waiting:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])
                body = await reader.readexactly(length)
                if asked is not None:
                    asked.append(Asked(head.removesuffix("\r\n\r\n"), body))
                await waiting.pop(0)(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    scheme = "https" if "ssl" in options else "http"
    async with await asyncio.start_server(handle, "127.0.0.1", 0, **options) as running:
        yield f"{scheme}://127.0.0.1:{running.sockets[0].getsockname()[1]}/v1"
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)


def whole(status: int, body: str, **headers: str) -> Answer:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw = body.encode()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(raw)}\r\n{named}\r\n".encode() + raw)

    return answer


def events(*texts: str, then: Answer | None = None) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for text in texts:
            raw = text.encode()
            writer.write(b"%x\r\n%s\r\n" % (len(raw), raw))
        await (then or ended)(writer)

    return answer


async def ended(writer: asyncio.StreamWriter) -> None:
    writer.write(b"0\r\n\r\n")


async def cut(writer: asyncio.StreamWriter) -> None:
    await writer.drain()
    writer.transport.abort()


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def stuck(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"out')
    await silent(writer)


async def half(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"out')
    await cut(writer)


# ---- requests and answers


async def test_the_body_is_the_frame_without_what_is_the_sockets() -> None:
    asked: list[Asked] = []
    async with answering(events('data: {"type":"x"}\n\n'), asked=asked) as url:
        http = HttpTransport(f"{url}?tier=a", KEY, organization="org-1", project="proj-2")
        await http.send(CREATE)
        assert await http.receive() == '{"type":"x"}'
        await http.aclose()
    (request,) = asked
    assert request.line == "POST /v1/responses?tier=a HTTP/1.1"
    assert request.body == b'{"model":"m","store":false,"stream":true,"input":"hello"}'
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.headers["openai-organization"], request.headers["openai-project"]) == ("org-1", "proj-2")
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["user-agent"].startswith("patchwire/")
    assert http.bytes_up == len(request.body)
    assert http.bytes_down == len('{"type":"x"}')


@pytest.mark.parametrize("text", ["Grüße", "\ud800", "\u2028"])
async def test_any_text_goes_up(text: str) -> None:
    asked: list[Asked] = []
    async with answering(events("data: {}\n\n"), asked=asked) as url:
        http = HttpTransport(url, KEY)
        await http.send(json.dumps({"type": "response.create", "input": text}))
        await http.aclose()
    assert json.loads(asked[0].body)["input"] == text


async def test_one_connection_serves_one_request_after_another() -> None:
    async with Loopback(Play(say("One."), say("Two.")), models=["m"]) as server:
        http = HttpTransport(server.base_url, server.token)
        for expected in ("One.", "Two."):
            await http.send('{"type":"response.create","model":"m","store":false,"input":"hello"}')
            while (event := json.loads(await http.receive()))["type"] != "response.completed":
                pass
            assert event["response"]["output"][0]["content"][0]["text"] == expected
        assert not http.worn
        await http.aclose()
    assert [exchange.connection for exchange in server.exchanges] == [0, 0]


@pytest.mark.parametrize(("status", "kind"), [("completed", "completed"), ("incomplete", "incomplete")])
async def test_a_server_that_does_not_stream_is_understood(status: str, kind: str) -> None:
    body = json.dumps({"id": "r", "status": status, "output": []})
    async with answering(whole(200, body, content_type="application/json; charset=utf-8")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        assert json.loads(await http.receive()) == {"type": f"response.{kind}", "response": json.loads(body)}
        await http.aclose()


async def test_a_json_answer_that_is_no_response_is_handed_on_as_it_is() -> None:
    async with answering(whole(200, "[]", content_type="application/json")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        assert await http.receive() == "[]"
        await http.aclose()


async def test_a_refusal_is_a_frame_with_its_status_its_headers_and_never_the_key() -> None:
    body = json.dumps({"error": {"code": "slow_down", "message": f"Slow  down, {KEY}.", "param": None}})
    async with answering(whole(429, body, Retry_After="7"), events("data: {}\n\n")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        assert json.loads(await http.receive()) == {
            "type": "error",
            "status": 429,
            "headers": {"retry-after": "7"},
            "error": {"code": "slow_down", "message": "Slow down, …."},
        }
        await http.send(CREATE)
        assert await http.receive() == "{}"
        await http.aclose()


async def test_a_refusal_without_words_names_the_url() -> None:
    async with answering(whole(502, "<html>")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        assert json.loads(await http.receive())["error"]["message"] == f"{url}/responses answered 502"
        await http.aclose()


# ---- losses


@pytest.mark.parametrize(("end", "says"), [(ended, "ended its answer too early"), (cut, "was cut")])
async def test_an_answer_that_ends_early_is_lost_until_reconnect(end: Answer, says: str) -> None:
    async with answering(events('data: {"a":1}\n\n', then=end), events("data: {}\n\n")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        await http.receive()
        with pytest.raises(ConnectionLost, match=says) as lost:
            await http.receive()
        assert lost.value.started
        assert http.worn
        with pytest.raises(ConnectionLost):
            await http.send(CREATE)
        await http.reconnect()
        await http.send(CREATE)
        assert await http.receive() == "{}"
        await http.aclose()


async def test_a_head_that_never_comes_is_given_up() -> None:
    async with answering(silent) as url:
        http = HttpTransport(url, KEY, first_event_seconds=0.1)
        with pytest.raises(ConnectionLost, match=r"no answer within 0\.1 seconds; the request may be too long") as lost:
            await http.send(CREATE)
        assert lost.value.started
        await http.aclose()


async def test_comments_are_no_event() -> None:
    async with answering(events(": ping\n\n", then=silent)) as url:
        http = HttpTransport(url, KEY, first_event_seconds=0.2)
        await http.send(CREATE)
        with pytest.raises(ConnectionLost, match=r"no event within 0\.2 seconds; the request may be too long"):
            await http.receive()
        await http.aclose()


async def test_a_silence_after_the_first_event_has_its_own_limit() -> None:
    async with answering(events("data: {}\n\n", then=silent)) as url:
        http = HttpTransport(url, KEY, first_event_seconds=30, silence_seconds=0.1)
        await http.send(CREATE)
        await http.receive()
        with pytest.raises(ConnectionLost, match=r"no event within 0\.1 seconds\.$"):
            await http.receive()
        await http.aclose()


async def test_a_refusal_that_is_cut_is_a_loss() -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\nhalf")
        await cut(writer)

    async with answering(half) as url:
        http = HttpTransport(url, KEY)
        with pytest.raises(ConnectionLost):
            await http.send(CREATE)
        await http.aclose()


async def test_an_answer_that_cannot_be_unpacked_is_a_loss() -> None:
    async with answering(whole(200, "data: {}\n\n", content_type="text/event-stream", content_encoding="gzip")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        with pytest.raises(ConnectionLost, match="cannot be read"):
            await http.receive()
        await http.aclose()


async def test_a_server_that_is_no_http_server_is_a_loss() -> None:
    async def babble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n\r\n")

    async with answering(babble) as url:
        http = HttpTransport(url, KEY)
        with pytest.raises(ConnectionLost, match="was lost"):
            await http.send(CREATE)
        await http.aclose()


async def test_nobody_listening_names_the_url_without_its_secrets() -> None:
    async with answering() as url:
        pass
    http = HttpTransport(url.replace("http://", "http://user:pass@") + "?token=abc", KEY)
    with pytest.raises(ConnectionLost, match=r"Could not connect to http://127.0.0.1:\d+/v1/responses: ") as lost:
        await http.send(CREATE)
    assert not lost.value.started
    assert not re.search("user|pass|abc|secret", str(lost.value))
    await http.aclose()


async def test_a_certificate_is_trusted_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = self_signed(tmp_path)
    async with answering(events("data: {}\n\n"), ssl=context) as url:
        with pytest.raises(ProviderError, match="SSL_CERT_FILE"):
            await HttpTransport(url, KEY).send(CREATE)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        assert await http.receive() == "{}"
        await http.aclose()


async def test_a_proxy_that_cannot_be_used_is_the_users_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "nonsense://me:secret@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ProviderError, match=r"example\.invalid/v1/responses cannot be reached") as unusable:
        await HttpTransport("http://example.invalid/v1", KEY).send(CREATE)
    assert "secret" not in str(unusable.value)


async def test_cancelling_leaves_it_closed_until_reconnect() -> None:
    async with answering(events("data: {}\n\n", then=silent), events("data: {}\n\n")) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        await http.receive()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await http.receive()
        with pytest.raises(ConnectionLost):
            await http.receive()
        await http.reconnect()
        await http.send(CREATE)
        assert await http.receive() == "{}"
        await http.aclose()


async def test_closing_goes_on_where_the_caller_is_cancelled() -> None:
    gone = asyncio.Event()

    async def wait_for_the_end(writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"9\r\n: ping\r\n\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            gone.set()

    async with answering(events("data: {}\n\n", then=wait_for_the_end)) as url:
        http = HttpTransport(url, KEY)
        await http.send(CREATE)
        await http.receive()
        closing = asyncio.create_task(http.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        assert closing.cancelled()
        await asyncio.wait_for(gone.wait(), 5)


# ---- compaction


async def test_compaction_is_a_post_of_its_own() -> None:
    asked: list[Asked] = []
    async with answering(whole(200, '{"output":[]}'), asked=asked) as url:
        http = HttpTransport(url, KEY)
        assert await http.compact('{"model":"m"}') == '{"output":[]}'
        await http.aclose()
    assert asked[0].line == "POST /v1/responses/compact HTTP/1.1"
    assert (http.bytes_up, http.bytes_down) == (len('{"model":"m"}'), len('{"output":[]}'))


@pytest.mark.parametrize(("answer", "status"), [(whole(404, ""), 404), (cut, None)])
async def test_a_service_that_compacts_nothing_says_so(answer: Answer, status: int | None) -> None:
    async with answering(answer) as url:
        http = HttpTransport(url, KEY)
        with pytest.raises(ProviderError, match="could not be compacted") as refused:
            await http.compact("{}")
        assert refused.value.status == status
        await http.aclose()


@pytest.mark.parametrize(
    ("answer", "says"),
    [(half, "was cut"), (stuck, "within 0.2 seconds"), (whole(200, "nonsense", content_encoding="gzip"), "read")],
)
async def test_a_compaction_whose_answer_breaks_off_is_none(answer: Answer, says: str) -> None:
    async with answering(answer) as url:
        http = HttpTransport(url, KEY, compact_seconds=0.2)
        with pytest.raises(ProviderError, match=f"could not be compacted: .*{says}"):
            await http.compact("{}")
        await http.aclose()


def test_importing_it_loads_no_http_library() -> None:
    script = "import sys, patchwire.adapters.sse; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
