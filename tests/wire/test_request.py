"""wire.request: leaving an option out. The rest is tested where requests are made: `test_conversation`."""

import pytest

from patchwire.wire.request import RequestSettings

OPTIONS = {"store": False, "reasoning": {"effort": "low", "summary": "auto"}, "include": ["a", "b"], "text": {"x": 1}}


@pytest.mark.parametrize(
    ("parameter", "left"),
    [
        ("include", OPTIONS.keys() - {"include"}),
        ("include[0]", OPTIONS.keys() - {"include"}),
        ("reasoning", OPTIONS.keys() - {"reasoning"}),
        ("reasoning.encrypted", OPTIONS.keys() - {"reasoning"}),
        ("text.x", OPTIONS.keys() - {"text"}),
    ],
)
def test_an_option_is_left_out(parameter, left):
    settings = RequestSettings("m", options=OPTIONS).without(parameter)
    assert settings is not None
    assert settings.options.keys() == left


def test_a_part_goes_alone_where_others_stay():
    settings = RequestSettings("m", options=OPTIONS).without("reasoning.summary")
    assert settings is not None
    assert settings.options == OPTIONS | {"reasoning": {"effort": "low"}}


@pytest.mark.parametrize("parameter", ["store", "input", "input[3].content", "temperature", "model", ""])
def test_what_is_no_option_or_guards_the_user_stays(parameter):
    assert RequestSettings("m", options=OPTIONS).without(parameter) is None
