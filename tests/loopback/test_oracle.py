"""When two contexts are the same, and what is said where they are not."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loopback.client import user

from patchwire.loopback.oracle import difference, digest, doubt
from patchwire.loopback.play import call, say

CONTEXT = [
    user("a"),
    {**call("f", x=1), "call_id": "c"},
    {"type": "function_call_output", "call_id": "c", "output": "1"},
]


def test_the_digest_is_what_the_page_says() -> None:
    text = '[{"content":[{"text":"ä","type":"input_text"}],"role":"user","type":"message"}]'
    assert digest([{"role": "user", "content": "ä"}]) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (user("a"), {"role": "user", "content": "a"}),
        (say("a"), {"role": "assistant", "content": "a", "id": "msg_1", "status": "completed", "phase": None}),
        (
            say("a"),
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a", "annotations": [], "logprobs": []}],
            },
        ),
        ({"type": "reasoning", "summary": []}, {"type": "reasoning", "id": "rs_1", "summary": [], "content": None}),
    ],
)
def test_what_does_not_count(one: Any, other: Any) -> None:
    assert difference([one], [other]) is None
    assert digest([one]) == digest([other])


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (CONTEXT[:2], "the server has 3 items, the client 2"),
        ([*CONTEXT, user("b")], "the server has 3 items, the client 4"),
        ([user("b"), *CONTEXT[1:]], 'item 0: the server has {"content":[{"text":"a"'),
        ([CONTEXT[0], {**CONTEXT[1], "arguments": "{}"}, CONTEXT[2]], "item 1: "),
    ],
)
def test_the_first_difference_is_told(theirs: list[Any], says: str) -> None:
    told = difference(CONTEXT, theirs)
    assert told is not None
    assert told.startswith(says)


VALUE = st.none() | st.booleans() | st.integers(0, 2) | st.text(max_size=3) | st.lists(st.integers(0, 2), max_size=2)
ITEM = st.dictionaries(st.sampled_from(["type", "call_id", "output", "id", "x"]), VALUE, max_size=3)
ITEMS = st.lists(ITEM, max_size=3)


@given(ITEMS, ITEMS)
def test_digests_and_differences_agree(ours: list[Any], theirs: list[Any]) -> None:
    assert difference(ours, ours) is None
    assert (difference(ours, theirs) is None) == (digest(ours) == digest(theirs))


def test_a_client_that_says_what_it_believes_is_heard() -> None:
    assert doubt({}, CONTEXT) is None
    assert doubt({"metadata": None}, CONTEXT) is None
    assert doubt({"metadata": {"context_sha256": digest(CONTEXT)}}, CONTEXT) is None
    told = doubt({"metadata": {"context_sha256": "0" * 64}}, CONTEXT)
    assert told == f"the client's context_sha256 is {'0' * 64}, the server's {digest(CONTEXT)}"
