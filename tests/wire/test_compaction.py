"""wire.compaction: when, the request, the answer, and the way out where there is no service for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.errors import ProviderError
from patchwire.wire import compaction
from patchwire.wire.events import TokenUsage
from patchwire.wire.items import open_calls, user_message
from patchwire.wire.request import RequestSettings

CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "x" * 5_000}


@pytest.mark.parametrize(("tokens", "due"), [((849, 0), False), ((840, 10), True), ((2_000, 0), True)])
def test_it_is_due_at_a_share_of_the_window(tokens, due):
    assert compaction.is_due(TokenUsage(input_tokens=tokens[0], output_tokens=tokens[1]), 1_000) is due


def test_the_service_comes_first():
    assert compaction.management(1_000) == [{"type": "compaction", "compact_threshold": 700}]
    assert compaction.SERVICE_SHARE < compaction.OUR_SHARE


def test_the_request_holds_what_belongs_to_it_and_nothing_else():
    options = {"store": False, "prompt_cache_key": "k", "reasoning": {"effort": "low"}}
    body = compaction.request(RequestSettings("m", "Mend.", options=options), [CALL, OUTPUT])
    assert json.loads(body) == {"model": "m", "instructions": "Mend.", "prompt_cache_key": "k", "input": [CALL, OUTPUT]}
    assert json.loads(compaction.request(RequestSettings("m"), [CALL])) == {"model": "m", "input": [CALL]}


def test_the_window_is_taken_as_it_comes():
    items = [user_message("hello"), {"type": "compaction", "encrypted_content": "x"}, CALL, OUTPUT]
    assert compaction.window(json.dumps({"output": items})) == tuple(items)


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"output": []}', '{"output": "x"}', '{"output": [1]}'])
def test_an_answer_that_is_no_window_is_the_services_fault(answer):
    with pytest.raises(ProviderError):
        compaction.window(answer)


def test_a_window_with_an_open_call_could_never_be_continued():
    with pytest.raises(ProviderError, match="without their outputs"):
        compaction.window(json.dumps({"output": [CALL]}))


ITEMS = st.lists(
    st.one_of(
        st.just(user_message("x" * 3_000)),
        st.just(CALL),
        st.builds(lambda text: OUTPUT | {"output": text}, st.text(max_size=30).map(lambda text: text * 100)),
        st.just(OUTPUT | {"output": [{"type": "input_text", "text": "y" * 3_000}]}),
    ),
    max_size=6,
)


@given(ITEMS)
def test_cutting_old_outputs_loses_no_item_and_opens_no_call(items):
    cut = compaction.shortened(items)
    assert [item["type"] for item in cut] == [item["type"] for item in items]
    assert open_calls(cut) == open_calls(items)
    for before, after in zip(items, cut, strict=True):
        assert len(str(after)) <= len(str(before))
        assert after == before or after["output"].startswith(before["output"][: compaction.SHORT])
