"""wire.events: every shape of frame, and what an error asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.frames import (
    completed,
    created,
    event,
    failed,
    incomplete,
    item_done,
    message,
    refused,
    said,
    strange_frames,
)

from patchwire.errors import ConnectionLost
from patchwire.wire.events import (
    Completed,
    Created,
    Failed,
    Incomplete,
    ItemDone,
    Other,
    ReasoningDelta,
    Refused,
    ServiceError,
    TextDelta,
    TokenUsage,
    decode,
    parse,
    response_id,
)

USAGE = {
    "input_tokens": 44,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 53,
}


def error(**fields):
    return ServiceError(**fields)


def test_the_events_of_a_plain_answer():
    assert parse(created("r1")) == Created("r1")
    assert parse(event("response.in_progress", response={"id": "r1"})) == Other("response.in_progress")
    assert parse(said("Use", item_id="m")) == TextDelta("m", "Use")
    assert parse(item_done(message("a"), 2)) == ItemDone(2, message("a"))
    usage = TokenUsage(input_tokens=44, cached_tokens=40, output_tokens=9, reasoning_tokens=3)
    assert parse(completed("r1", message("a"), usage=USAGE)) == Completed("r1", (message("a"),), usage)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("response.refusal.delta", TextDelta("i", "d")),
        ("response.reasoning_summary_text.delta", ReasoningDelta("i", "d")),
        ("response.reasoning_text.delta", ReasoningDelta("i", "d")),
        ("response.function_call_arguments.delta", Other("response.function_call_arguments.delta")),
        ("codex.rate_limits", Other("codex.rate_limits")),
    ],
)
def test_what_streams(kind, wanted):
    assert parse(event(kind, item_id="i", delta="d")) == wanted


@pytest.mark.parametrize(("given_reason", "reason"), [("max_tokens", "max_output_tokens"), ("steered", "steered")])
def test_an_incomplete_response_says_why(given_reason, reason):
    assert parse(incomplete("r1", message("a"), reason=given_reason)) == Incomplete(
        "r1", reason, (message("a"),), TokenUsage()
    )


def test_a_failed_response_says_why():
    assert parse(failed("r1")) == Failed("r1", error(code="server_error", message="it broke"))
    assert parse(event("response.failed", response={"id": "r1", "error": None})) == Failed("r1", error())


def test_a_response_that_a_gateway_cancelled_has_failed():
    cancelled = parse(event("response.cancelled", response={"id": "r1"}))
    assert isinstance(cancelled, Failed)
    assert (cancelled.response_id, cancelled.error.code) == ("r1", "cancelled")


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("response.created", Created("")),
        ("response.output_text.delta", TextDelta("", "")),
        ("response.reasoning_text.delta", ReasoningDelta("", "")),
        ("response.output_item.done", Other("response.output_item.done")),
        ("response.completed", Completed("", None, TokenUsage())),
        ("response.incomplete", Incomplete("", "unknown", None, TokenUsage())),
        ("response.failed", Failed("", error())),
        ("error", Refused(error())),
        ("", Other("")),
    ],
)
def test_no_field_but_the_type_is_required(kind, wanted):
    assert parse(event(kind)) == wanted


def test_only_the_events_of_a_responses_life_name_it():
    assert response_id(decode(created("r1"))) == "r1"
    assert response_id(decode(event("response.queued", response={"id": ""}))) is None
    assert response_id(decode(event("response.metadata", response={"id": "r1"}))) is None


def test_the_end_mark_of_event_streams_is_no_event_of_note():
    assert parse("[DONE]\n") == Other("[DONE]")


@pytest.mark.parametrize(
    "frame",
    ["", "{", "null", "[]", "7", "{}", '{"type":7}', '{"type":"x","n":NaN}', '{"type":"x","n":1e999}', "[" * 200_000,
     '{"type":"x","n":-Infinity}', '{"type":"x","n":' + "9" * 5000 + "}", "<html>busy</html>"],
)  # fmt: skip
def test_what_is_not_the_services_language_ends_the_connection(frame):
    with pytest.raises(ConnectionLost) as caught:
        parse(frame)
    assert caught.value.started
    assert len(str(caught.value)) < 200


def test_numbers_come_through():
    assert decode('{"type":"x","n":[1,1.5,1e3]}')["n"] == [1, 1.5, 1000.0]


NESTED = {"type": "invalid_request_error", "code": "c", "message": "m", "param": "p"}
FLAT = {"code": "c", "message": "m", "param": "p"}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"status": 400, "error": NESTED}, error(code="c", message="m", param="p", status=400, kind=NESTED["type"])),
        ({"status_code": 503, "error": FLAT}, error(code="c", message="m", param="p", status=503)),
        ({"error": FLAT | {"status": 429}}, error(code="c", message="m", param="p", status=429)),
        ({"sequence_number": 2, **FLAT}, error(code="c", message="m", param="p")),
        ({"status": 500, "message": "m"}, error(message="m", status=500)),
        ({"error": {"type": "server_error", "code": None, "message": "m"}}, error(message="m", kind="server_error")),
        ({"error": {"code": 429, "message": "m"}}, error(message="m", status=429)),
        ({"status": 503, "error": {"code": 429}}, error(status=503)),
        ({"error": "boom"}, error(message="boom")),
        ({"error": {"code": "", "message": None, "param": 7}}, error()),
    ],
)
def test_both_shapes_of_an_error_are_read(fields, wanted):
    assert parse(event("error", **fields)) == Refused(wanted)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2.5"}, 2.5),
        ({"retry-AFTER": 3}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": None}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": 10**400}, None),
        ({}, None),
        ("retry-after: 1", None),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_retry_after_is_found_in_both_places(headers, seconds, inside):
    fields = {"error": {"headers": headers}} if inside else {"headers": headers, "error": {}}
    assert parse(event("error", **fields)).error.retry_after == seconds


CURES = ("chain_lost", "rotation", "too_long", "transient", "unauthorized", "unwelcome")


@pytest.mark.parametrize(
    ("cure", "problem"),
    [
        ("chain_lost", error(code="previous_response_not_found", status=400, param="previous_response_id")),
        ("chain_lost", error(code="invalid_request", param="previous_response_id", status=404)),
        ("chain_lost", error(message="Previous response with id 'resp_a' not found.", status=500)),
        ("rotation", error(code="websocket_connection_limit_reached", status=400)),
        ("rotation", error(message="Responses websocket connection limit reached (25 minutes).", status=429)),
        ("too_long", error(code="context_length_exceeded", status=400)),
        ("too_long", error(message="Your input exceeds the context window of this model.", status=400)),
        ("too_long", error(code="rate_limit_exceeded", status=429, message="Request too large for gpt on TPM")),
        ("too_long", error(status=413)),
        ("transient", error(code="rate_limit_exceeded", status=429)),
        ("transient", error(code="slow_down")),
        ("transient", error(code="server_is_overloaded", status=503)),
        ("transient", error(kind="server_error")),
        ("transient", error(status=502, message="Bad Gateway")),
        ("transient", error(status=408)),
        ("transient", error(code="vector_store_timeout")),
        (None, error(code="insufficient_quota", kind="insufficient_quota", status=429)),
        (None, error(kind="usage_limit_reached", status=429)),
        (None, error(code="misalignment_policy_violation")),
        ("unauthorized", error(code="invalid_api_key", status=401)),
        ("unauthorized", error(code="token_expired")),
        ("unauthorized", error(status=401)),
        ("unwelcome", error(code="unsupported_parameter", param="reasoning.summary", status=400)),
        ("unwelcome", error(message="Unsupported parameter: 'include' is not supported.", status=400)),
        ("unwelcome", error(message="Unrecognized request argument supplied: prompt_cache_key")),
        (None, error(code="x", param="reasoning", status=403)),
        (None, error(code="invalid_prompt", message="previous response is not found objectionable", status=400)),
        ("unwelcome", error(code="websocket_stream_limit_reached", param="stream_id", status=400)),
        (None, error(status=400)),
        ("transient", error()),
        ("transient", error(message="An error occurred.")),
    ],
)
def test_an_error_asks_for_one_cure_at_most(cure, problem):
    assert [name for name in CURES if getattr(problem, name)] == ([cure] if cure else [])


@given(st.builds(
    ServiceError,
    code=st.sampled_from([None, "previous_response_not_found", "websocket_connection_limit_reached", "server_error",
                          "context_length_exceeded", "insufficient_quota", "x"]),
    message=st.sampled_from(["", "previous response not found", "connection limit reached (60 minutes)",
                             "maximum context length"]),
    param=st.sampled_from([None, "previous_response_id", "input"]),
    status=st.sampled_from([None, 400, 413, 429, 500]),
    kind=st.sampled_from([None, "server_error", "insufficient_quota"]),
))  # fmt: skip
def test_no_error_ever_asks_for_two_cures(problem):
    assert sum(bool(getattr(problem, name)) for name in CURES) <= 1


@pytest.mark.parametrize(
    ("problem", "parameter"),
    [
        (error(param="reasoning.summary", message="Unknown parameter: 'other'.", status=400), "reasoning.summary"),
        (error(message="Unknown parameter: 'include[0]'.", status=400), "include"),
        (error(message="Bad input.", status=400), None),
    ],
)
def test_the_parameter_that_is_not_welcome(problem, parameter):
    assert problem.unwelcome == parameter


@pytest.mark.parametrize(
    ("problem", "seconds"),
    [
        (error(message="Responses websocket connection limit reached (25 minutes)."), 1500.0),
        (error(code="websocket_connection_limit_reached", message="Too old."), None),
        (error(message="Slow down (5 minutes)."), None),
    ],
)
def test_the_lifetime_of_a_connection(problem, seconds):
    assert problem.lifetime_seconds == seconds


def test_an_error_reads_as_a_sentence():
    assert str(error(code="c", message="It broke.")) == "It broke. (c)"
    assert str(error(message="It broke.")) == "It broke."
    assert str(error()) == "the service gave no reason"


@given(strange_frames())
def test_no_object_with_a_type_is_too_strange(frame):
    parse(frame)


def test_an_error_frame_without_a_code_is_read():
    assert parse(refused(None)) == Refused(error(message="no"))
