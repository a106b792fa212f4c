"""Frames in and out: however they are cut, every message comes whole and in order. The rest is in test_races."""

import asyncio
import json
import os
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from patchwire.lsp.serving import PARSE_ERROR, _read, outlived

JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))
MESSAGES = st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=5)


class Peer:
    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refused: list[tuple[int, str]] = []

    def take(self, message: dict[str, Any]) -> None:
        self.taken.append(message)

    def refuse(self, code: int, why: str) -> None:
        self.refused.append((code, why))


def frame(message: Any) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Type: application/vscode-jsonrpc\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def received(data: bytes, cuts: list[int]) -> Peer:
    reader, peer = asyncio.StreamReader(limit=1 << 16), Peer()
    at = 0
    for cut in sorted(cuts):
        reader.feed_data(data[at:cut])
        at = max(at, cut)
    reader.feed_data(data[at:])
    reader.feed_eof()
    await _read(peer, reader)
    return peer


@given(MESSAGES, st.lists(st.integers(0, 200), max_size=6))
async def test_frames_may_be_cut_anywhere(messages: list[dict], cuts: list[int]) -> None:
    data = b"".join(map(frame, messages))
    peer = await received(data, [min(cut, len(data)) for cut in cuts])
    assert peer.taken == messages
    assert peer.refused == []


async def test_what_is_no_message_is_refused_and_the_next_one_is_read() -> None:
    peer = await received(b"Content-Length: 3\r\n\r\n{x}" + frame([1]) + frame({"a": 1}), [])
    assert peer.taken == [{"a": 1}]
    assert [code for code, _ in peer.refused] == [PARSE_ERROR] * 2


async def test_what_has_no_length_ends_it() -> None:
    for head in (b"Content-Length: many\r\n\r\n", b"X: y\r\n\r\n", b"x" * (1 << 17)):
        peer = await received(head + frame({"a": 1}), [])
        assert peer.taken == []
        assert [code for code, _ in peer.refused] == [PARSE_ERROR]


async def test_a_frame_that_is_cut_off_is_the_end() -> None:
    peer = await received(frame({"a": 1}) + frame({"b": 2})[:-1], [])
    assert (peer.taken, peer.refused) == ([{"a": 1}], [])


async def test_a_process_is_outlived() -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    await asyncio.wait_for(outlived(process.pid), 5)
    waiting = asyncio.ensure_future(outlived(os.getpid()))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
