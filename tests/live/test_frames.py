"""What frames lose before they are shown, and what counts as a difference."""

import pytest
from tests.live.frames import Redaction, differences

CREATED = {"type": "response.created", "response": {"id": "resp_1", "usage": None, "output": []}}
DONE = {"type": "response.completed", "response": {"id": "resp_1", "usage": {"input_tokens": 3}, "output": []}}


def test_what_is_somebodys_is_taken_out() -> None:
    redact = Redaction(["sk-secret", "sk-secret-longer", ""])
    frame = {
        "type": "response.created",
        "response": {"id": "resp_0123456789abcdef", "user": "jane", "safety_identifier": None},
        "item": {"encrypted_content": "gAAAAB", "text": "the key is sk-secret-longer", "sk-secret": 1},
        "again": ["resp_0123456789abcdef", "call_0123456789abcdef"],
    }
    assert redact(frame) == {
        "type": "response.created",
        "response": {"id": "resp_1", "user": "…", "safety_identifier": None},
        "item": {"encrypted_content": "<6 characters>", "text": "the key is …", "…": 1},
        "again": ["resp_1", "call_2"],
    }


def test_the_same_shapes_do_not_differ_whatever_they_say() -> None:
    other = {**DONE, "response": {"id": "resp_2", "usage": {"input_tokens": 9_000}, "output": []}}
    assert differences([CREATED, other], [CREATED, DONE]) == []


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({**DONE, "stream_id": "a"}, "`response.completed`: `stream_id` (text) came and is not assumed"),
        ({"type": "response.completed", "response": {"id": "r", "output": []}}, "`response.usage.input_tokens`"),
        ({**DONE, "response": {**DONE["response"], "usage": {"input_tokens": "3"}}}, "is text, and is assumed to be"),
        ({**DONE, "response": {**DONE["response"], "output": [{"type": "wild"}]}}, "`response.output[wild].type`"),
        ({"type": "keepalive"}, "event `keepalive` came and is not assumed"),
    ],
)
def test_a_difference_is_named_with_its_place(frame: dict, says: str) -> None:
    assert any(says in sentence for sentence in differences([CREATED, frame], [CREATED, DONE]))


def test_order_is_compared_for_events_that_both_know() -> None:
    assert differences([DONE, CREATED], [CREATED, DONE]) == [
        "`response.created` came right after `response.completed`, which is not assumed"
    ]
