"""JSON on the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchwire.loopback.frames import decode, encode
from patchwire.loopback.refusal import Refusal

VALUES = st.dictionaries(st.text(), st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=5))


@given(VALUES)
def test_what_is_encoded_is_decoded(value: dict[str, object]) -> None:
    assert decode(encode(value)) == value
    assert decode(encode(value).encode()) == value


def test_characters_stand_for_themselves_but_for_lone_surrogates() -> None:
    assert encode({"a": "ä😀"}) == '{"a":"ä😀"}'
    assert encode({"a": "\ud800"}) == '{"a":"\\ud800"}'
    assert decode('{"a": "\\ud800"}') == {"a": "\ud800"}


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null", '{"a": NaN}', b"\xff\xfe\xfd", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(Refusal, match="one JSON object") as refusal:
        decode(text)
    assert refusal.value.status == 400


def test_frames_are_compact() -> None:
    assert encode({"a": [1, {"b": None}]}) == json.dumps({"a": [1, {"b": None}]}, separators=(",", ":"))
