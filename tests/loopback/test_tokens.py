"""Counting, and what counts as cached."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.loopback.client import user

from patchwire.loopback.model import Request
from patchwire.loopback.tokens import Prompt, PromptCache, count, usage

TEXTS = st.lists(st.text(max_size=20), max_size=6)


def request(texts: list[str], **more: Any) -> Request:
    fields = {"model": "m", "instructions": "i", "tools": (), **more}
    return Request(context=tuple(user(text) for text in texts), body={}, **fields)


def test_a_token_is_four_bytes_of_compact_json() -> None:
    assert count({"a": "b"}) == 3  # {"a":"b"} is nine bytes
    assert count("ä") == 1
    assert count("\ud800") == 2


def test_the_first_request_is_not_cached_and_the_same_again_is() -> None:
    cache = PromptCache()
    first = cache.read(request(["one", "two"]))
    assert first.cached_tokens == 0
    assert cache.read(request(["one", "two"])) == Prompt(first.input_tokens, first.input_tokens)


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_cached_is_the_longest_common_prefix(prefix: list[str], one: list[str], other: list[str]) -> None:
    cache = PromptCache()
    cache.read(request([*prefix, *one]))
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    expected = PromptCache().read(request([*prefix, *other[:same]])).input_tokens
    assert cache.read(request([*prefix, *other])).cached_tokens == expected


def test_other_instructions_or_tools_share_nothing() -> None:
    cache = PromptCache()
    cache.read(request(["one"]))
    assert cache.read(request(["one"], instructions="j")).cached_tokens == 0
    assert cache.read(request(["one"], tools=({"type": "shell"},))).cached_tokens == 0


def test_ids_and_statuses_do_not_matter() -> None:
    cache = PromptCache()
    item = user("x")
    plain = cache.read(Request("m", "", (), (item,), {}))
    named = cache.read(Request("m", "", (), ({**item, "id": "msg_1", "status": "completed"},), {}))
    assert named == Prompt(plain.input_tokens, plain.input_tokens)


def test_the_cache_is_bounded() -> None:
    cache = PromptCache(limit=2)
    cache.read(request(["one"]))
    cache.read(request(["two"], model="other"))
    assert cache.read(request(["one"])).cached_tokens == 0


def test_usage_adds_up() -> None:
    thought, said = {"type": "reasoning", "summary": []}, user("hello")
    assert usage(Prompt(10, 4), (thought, said)) == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": count(thought) + count(said),
        "output_tokens_details": {"reasoning_tokens": count(thought)},
        "total_tokens": 10 + count(thought) + count(said),
    }
