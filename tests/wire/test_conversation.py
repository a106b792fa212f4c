"""wire.conversation: every move, and what is sent after it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.frames import (
    completed,
    created,
    custom_call,
    event,
    failed,
    function_call,
    incomplete,
    item_done,
    message,
    output,
    patch_call,
    reasoning,
    refused,
    said,
    shell_call,
    strange_frames,
)

from patchwire.errors import ConnectionLost, LocalProtocolError
from patchwire.wire.conversation import Conversation, RequestSettings, Response
from patchwire.wire.events import (
    Completed,
    Created,
    Failed,
    Incomplete,
    ItemDone,
    Other,
    Refused,
    TextDelta,
    TokenUsage,
)
from patchwire.wire.items import CallKind, ToolCall, ToolOutput, open_calls, user_message
from patchwire.wire.state import State

SETTINGS = RequestSettings("gpt-6.2-sol", "You fix Python.", ({"type": "function", "name": "f"},), {"store": False})
HELLO = user_message("hello")


def begun(*history, settings=SETTINGS):
    """A conversation that has asked and whose request is sent."""
    conversation = Conversation(settings, history)
    conversation.ask(HELLO)
    conversation.frames_to_send()
    return conversation


def owing(*calls):
    """A conversation that owes the outputs of calls, with response r1 as its parent."""
    conversation = begun()
    conversation.receive(completed("r1", *calls))
    return conversation


def sent(conversation):
    (frame,) = conversation.frames_to_send()
    return json.loads(frame)


def answers(conversation):
    return [ToolOutput(call, "ok") for call in conversation.open_calls]


# What is sent


def test_the_first_request_says_everything_in_a_fixed_order():
    settings = RequestSettings("m", "i", ({"type": "function", "name": "f"},), {"store": False, "include": []})
    conversation = Conversation(settings)
    conversation.ask(HELLO)
    (frame,) = conversation.frames_to_send()
    assert frame == (
        '{"type":"response.create","model":"m","instructions":"i","tools":[{"type":"function","name":"f"}],'
        '"include":[],"store":false,"input":[{"type":"message","role":"user","content":'
        '[{"type":"input_text","text":"hello"}]}]}'
    )


def test_a_request_is_handed_out_once():
    conversation = Conversation(SETTINGS)
    assert conversation.frames_to_send() == ()
    conversation.ask(HELLO)
    assert conversation.requests == 0
    assert len(conversation.frames_to_send()) == 1
    assert conversation.frames_to_send() == ()
    assert conversation.requests == 1


def test_what_is_empty_is_not_sent():
    conversation = Conversation(RequestSettings("m"))
    conversation.ask(HELLO)
    assert sent(conversation) == {"type": "response.create", "model": "m", "input": [HELLO]}


def test_after_a_completed_response_only_what_is_new_is_sent():
    conversation = begun()
    conversation.receive(completed("r1", message("hi")))
    conversation.ask(user_message("more"))
    request = sent(conversation)
    assert request["previous_response_id"] == "r1"
    assert request["input"] == [user_message("more")]
    assert request["instructions"] == SETTINGS.instructions
    assert conversation.history == (HELLO, message("hi"), user_message("more"))


def test_a_full_request_repeats_the_bytes_of_the_last_one():
    conversation = begun()
    conversation.restart_chain()
    (first,) = conversation.frames_to_send()
    conversation.receive(completed("r1", message("hi")))
    conversation.restart_chain()
    conversation.ask(user_message("more"))
    (second,) = conversation.frames_to_send()
    assert second.startswith(first.removesuffix("]}"))


def test_text_that_json_or_utf8_cannot_carry():
    conversation = Conversation(SETTINGS)
    conversation.ask(user_message("naïve 🙂 \ud83d"))
    (frame,) = conversation.frames_to_send()
    assert "naïve 🙂 \\ud83d" in frame
    assert json.loads(frame.encode())["input"] == [user_message("naïve 🙂 \ud83d")]
    conversation = Conversation(RequestSettings("m", options={"temperature": float("nan")}))
    conversation.ask(HELLO)
    with pytest.raises(LocalProtocolError, match="JSON"):
        conversation.frames_to_send()


@pytest.mark.parametrize("name", ["input", "stream", "previous_response_id", "type", "generate", "tools"])
def test_an_option_that_is_none_is_refused(name):
    with pytest.raises(LocalProtocolError, match=name):
        RequestSettings("m", options={name: True})


def test_changed_settings_make_a_full_request_and_a_new_chain():
    conversation = begun()
    conversation.receive(completed("r1", message("hi")))
    conversation.settings = RequestSettings("another")
    conversation.ask(user_message("more"))
    request = sent(conversation)
    assert request["model"] == "another"
    assert "previous_response_id" not in request
    assert request["input"] == list(conversation.history)
    conversation.receive(completed("r2"))
    conversation.ask(user_message("and more"))
    assert sent(conversation)["previous_response_id"] == "r2"


def test_settings_changed_while_waiting_are_not_what_the_response_was_made_with():
    conversation = begun()
    conversation.settings = RequestSettings("another")
    conversation.receive(completed("r1"))
    conversation.ask(user_message("more"))
    assert "previous_response_id" not in sent(conversation)


def test_a_response_without_an_id_cannot_be_continued():
    conversation = begun()
    conversation.receive(event("response.completed", response={"output": [message("hi")]}))
    conversation.ask(user_message("more"))
    assert sent(conversation)["input"] == list(conversation.history)


def test_the_id_may_come_with_the_beginning_alone():
    conversation = begun()
    conversation.receive(created("r1"))
    conversation.receive(event("response.completed", response={}))
    conversation.ask(user_message("more"))
    assert sent(conversation)["previous_response_id"] == "r1"


# Asking and answering


def test_a_whole_exchange():
    conversation = begun()
    assert conversation.state is State.WAITING
    assert conversation.response is None
    assert conversation.receive(created("r1")) == Created("r1")
    assert conversation.receive(said("hi")) == TextDelta("msg_1", "hi")
    assert conversation.receive(item_done(message("hi"))) == ItemDone(0, message("hi"))
    usage = {"input_tokens": 4, "output_tokens": 1}
    finished = conversation.receive(completed("r1", message("hi"), usage=usage))
    assert finished == Completed("r1", (message("hi"),), TokenUsage(4, 0, 1, 0))
    assert conversation.state is State.READY
    assert conversation.response == Response("r1", (message("hi"),), TokenUsage(4, 0, 1, 0))
    assert conversation.response.text == conversation.response.final_text == "hi"


def test_output_stays_verbatim_whatever_it_is():
    items = [reasoning(), message("hm", phase="commentary"), {"type": "hologram", "deep": [{"x": None}]}]
    conversation = begun()
    conversation.receive(completed("r1", *items))
    assert conversation.history == (HELLO, *items)


def test_calls_of_every_kind_are_owed_and_answered_in_the_order_they_were_made():
    conversation = owing(function_call("a"), custom_call("b"), patch_call("c"), shell_call("d"))
    assert conversation.state is State.OWING
    assert [call.kind for call in conversation.open_calls] == list(CallKind)
    conversation.answer(answers(conversation)[::-1], user_message("by the way"))
    assert conversation.state is State.WAITING
    assert conversation.open_calls == ()
    request = sent(conversation)
    assert [item["type"] for item in request["input"]] == [*(f"{kind.value}_output" for kind in CallKind), "message"]
    assert request["previous_response_id"] == "r1"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda outputs: outputs[:1],
        lambda outputs: [*outputs, outputs[0]],
        lambda outputs: [outputs[0], outputs[0]],
        lambda outputs: [*outputs, ToolOutput(ToolCall("x", "f", ""), "?")],
        lambda outputs: [outputs[0], ToolOutput(ToolCall("x", "f", ""), "?")],
    ],
)
def test_every_open_call_is_answered_exactly_once(wrong):
    conversation = owing(function_call("a"), function_call("b"))
    with pytest.raises(LocalProtocolError, match="exactly one output: a, b"):
        conversation.answer(wrong(answers(conversation)))
    assert conversation.state is State.OWING


def test_calls_that_the_service_answers_itself_are_not_owed():
    conversation = owing(shell_call("s"), {"type": "shell_call_output", "call_id": "s", "output": []})
    assert conversation.state is State.READY


def test_asking_nothing_goes_on_from_a_history_and_only_from_one():
    with pytest.raises(LocalProtocolError, match="nothing to ask"):
        Conversation(SETTINGS).ask()
    conversation = Conversation(SETTINGS, [HELLO])
    conversation.ask()
    assert sent(conversation)["input"] == [HELLO]


def test_a_history_with_open_calls_is_taken_up_where_it_stopped():
    conversation = Conversation(SETTINGS, [HELLO, function_call("a")])
    assert conversation.state is State.OWING
    assert conversation.settled == (HELLO,)
    conversation.answer(answers(conversation))
    assert sent(conversation)["input"] == [HELLO, function_call("a"), output("a")]


# Misuse


@pytest.mark.parametrize(
    "move",
    [
        lambda c: c.ask(HELLO),
        lambda c: c.answer([]),
        lambda c: c.rebase([]),
    ],
)
def test_while_waiting_there_is_nothing_to_do_but_wait_restart_or_abandon(move):
    conversation = begun()
    with pytest.raises(LocalProtocolError, match="waiting"):
        move(conversation)
    assert conversation.history == (HELLO,)


def test_a_frame_that_is_none_is_the_connections_fault():
    with pytest.raises(ConnectionLost):
        begun().receive("<html>")


@given(st.lists(strange_frames(), max_size=8))
def test_no_event_is_strange_enough_to_break_the_machine(frames):
    conversation = begun()
    for frame in frames:
        conversation.receive(frame)
    conversation.abandon("enough")
    conversation.ask(user_message("more"))
    assert open_calls(sent(conversation)["input"]) == ()


# Responses that end badly


def test_an_incomplete_response_keeps_its_text_and_no_calls():
    conversation = begun()
    partial = message("half an ans", status="incomplete")
    cut = conversation.receive(incomplete("r1", partial, reasoning(), function_call("a")))
    assert isinstance(cut, Incomplete)
    assert conversation.state is State.READY
    assert conversation.open_calls == ()
    assert conversation.history == (HELLO, partial)
    assert conversation.response == Response("r1", (partial,), TokenUsage(), "max_output_tokens")
    conversation.ask(user_message("go on"))
    assert sent(conversation)["input"] == [HELLO, partial, user_message("go on")]


@pytest.mark.parametrize(("frame", "kind"), [(failed("r1"), Failed), (refused(), Refused)])
def test_a_failure_can_be_tried_again_in_full(frame, kind):
    conversation = begun()
    conversation.receive(completed("r0", message("hi")))
    conversation.ask(user_message("more"))
    conversation.frames_to_send()
    assert isinstance(conversation.receive(frame), kind)
    assert conversation.state is State.FAILED
    assert conversation.frames_to_send() == ()
    conversation.restart_chain()
    assert conversation.state is State.WAITING
    assert sent(conversation)["input"] == [HELLO, message("hi"), user_message("more")]
    assert (conversation.requests, conversation.resends) == (3, 1)


def test_a_failed_attempt_leaves_nothing_but_the_note_that_it_said_something():
    conversation = begun()
    conversation.receive(created("r1"))
    conversation.receive(said("I will"))
    conversation.receive(failed("r1"))
    conversation.restart_chain()
    assert conversation.replaced_partial
    conversation.restart_chain()
    assert not conversation.replaced_partial
    conversation.frames_to_send()
    conversation.receive(completed("r2", message("hi")))
    assert conversation.history == (HELLO, message("hi"))


def test_an_error_while_nothing_is_awaited_costs_the_chain_alone():
    conversation = owing(function_call("a"))
    assert isinstance(conversation.receive(refused("websocket_connection_limit_reached")), Refused)
    assert conversation.state is State.OWING
    conversation.answer(answers(conversation))
    assert isinstance(conversation.receive(refused()), Refused)
    assert conversation.state is State.WAITING
    assert "previous_response_id" not in sent(conversation)


# Restarting the chain


def test_a_lost_connection_repeats_the_whole_history_once():
    conversation = owing(function_call("a"))
    conversation.answer(answers(conversation))
    conversation.frames_to_send()
    conversation.receive(created("r2"))
    conversation.receive(said("so"))
    conversation.restart_chain()
    assert conversation.replaced_partial
    assert sent(conversation)["input"] == [HELLO, function_call("a"), output("a")]
    assert conversation.resends == 1
    assert conversation.frames_to_send() == ()


def test_a_request_that_was_never_handed_out_is_not_repeated_but_made_full():
    conversation = begun()
    conversation.receive(completed("r1", message("hi")))
    conversation.ask(user_message("more"))
    conversation.restart_chain()
    assert "previous_response_id" not in sent(conversation)
    assert (conversation.requests, conversation.resends) == (2, 0)
    assert not conversation.replaced_partial


def test_between_requests_a_restart_only_forgets():
    conversation = owing(function_call("a"))
    conversation.restart_chain()
    assert conversation.state is State.OWING
    assert conversation.frames_to_send() == ()
    conversation.answer(answers(conversation))
    assert "previous_response_id" not in sent(conversation)
    assert conversation.resends == 0


@pytest.mark.parametrize(("store", "continued"), [(True, True), (False, False)])
def test_a_stored_response_outlives_its_connection(store, continued):
    conversation = begun(settings=RequestSettings("m", options={"store": store}))
    conversation.receive(completed("r1", message("hi")))
    conversation.ask(user_message("more"))
    conversation.frames_to_send()
    conversation.restart_chain(id_still_good=True)
    assert ("previous_response_id" in sent(conversation)) is continued
    conversation.receive(refused("previous_response_not_found"))
    conversation.restart_chain(id_still_good=True)
    assert "previous_response_id" not in sent(conversation)


# Abandoning


def test_abandoned_while_waiting_what_was_asked_stays_asked():
    conversation = begun()
    conversation.receive(created("r1"))
    conversation.abandon("cancelled")
    assert conversation.state is State.READY
    conversation.ask(user_message("rather this"))
    assert sent(conversation)["input"] == [HELLO, user_message("rather this")]


def test_abandoned_before_it_was_sent_nothing_is_sent():
    conversation = Conversation(SETTINGS)
    conversation.ask(HELLO)
    conversation.abandon("cancelled")
    assert conversation.frames_to_send() == ()


def test_abandoned_calls_are_answered_so_that_the_next_request_is_valid():
    conversation = owing(function_call("a"), patch_call("p"))
    conversation.abandon("Cancelled by the user.")
    assert conversation.open_calls == ()
    conversation.ask(user_message("rather this"))
    request = sent(conversation)
    assert "previous_response_id" not in request
    wanted = {"type": "apply_patch_call_output", "call_id": "p", "status": "failed", "output": "Cancelled by the user."}
    assert request["input"][3:5] == [output("a", "Cancelled by the user."), wanted]


def test_a_failed_or_a_ready_conversation_can_be_abandoned_too():
    conversation = begun()
    conversation.receive(refused())
    conversation.abandon("gave up")
    conversation.abandon("twice does no harm")
    assert conversation.state is State.READY
    assert conversation.history == (HELLO,)


# Whose event it is


def test_the_rest_of_an_abandoned_response_is_nobodys_business():
    conversation = begun()
    conversation.receive(created("r1"))
    conversation.abandon("cancelled")
    conversation.ask(user_message("rather this"))
    conversation.frames_to_send()
    late = [said("late"), item_done(function_call("x")), completed("r1", function_call("x"))]
    assert {type(conversation.receive(frame)) for frame in late} == {Other}
    assert conversation.state is State.WAITING
    conversation.receive(created("r2"))
    conversation.receive(said("right"))
    conversation.receive(event("response.completed", response={"id": "r2"}))
    assert conversation.history == (HELLO, user_message("rather this"), message("right"))


def test_a_successor_that_nobody_asked_for_changes_nothing():
    conversation = begun()
    conversation.receive(completed("r1", message("hi")))
    unasked = [created("s1"), said("psst"), completed("s1", function_call("x"))]
    assert {type(conversation.receive(frame)) for frame in unasked} == {Other}
    assert conversation.state is State.READY
    assert conversation.history == (HELLO, message("hi"))


def test_a_response_cannot_end_a_request_that_was_not_handed_out():
    conversation = Conversation(SETTINGS)
    conversation.ask(HELLO)
    assert conversation.receive(completed("s1", message("psst"))) == Other("response.completed")
    assert conversation.state is State.WAITING


# Compacting and forking


def test_a_window_takes_the_place_of_a_settled_history():
    conversation = begun()
    conversation.receive(completed("r1", message("hi")))
    window = [HELLO, {"type": "compaction", "encrypted_content": "gAAA"}]
    assert conversation.settled == conversation.history
    conversation.rebase(window)
    assert conversation.history == tuple(window)
    conversation.ask(user_message("more"))
    request = sent(conversation)
    assert "previous_response_id" not in request
    assert request["input"] == [*window, user_message("more")]


def test_open_calls_survive_a_window():
    first = owing(function_call("a"))
    first.answer(answers(first))
    first.frames_to_send()
    first.receive(completed("r2", reasoning(), function_call("b")))
    assert first.settled == (HELLO, function_call("a"), output("a"))
    window = [{"type": "compaction", "encrypted_content": "gAAA"}]
    first.rebase(window)
    assert first.state is State.OWING
    first.answer(answers(first))
    assert sent(first)["input"] == [*window, reasoning(), function_call("b"), output("b")]


def test_a_request_that_was_too_long_is_repeated_on_a_window():
    conversation = owing(function_call("a"))
    conversation.answer(answers(conversation))
    conversation.frames_to_send()
    conversation.receive(refused("context_length_exceeded"))
    assert conversation.settled == (HELLO,)
    conversation.rebase([user_message("summary")])
    conversation.restart_chain()
    assert sent(conversation)["input"] == [user_message("summary"), function_call("a"), output("a")]


def test_a_request_that_is_withheld_was_never_made():
    conversation = Conversation(SETTINGS, [user_message("long ago")])
    conversation.ask(HELLO)
    sent(conversation)
    conversation.withhold()
    assert (conversation.state, conversation.requests) == (State.FAILED, 0)
    conversation.rebase([user_message("summary")])
    conversation.restart_chain()
    assert sent(conversation)["input"] == [user_message("summary"), HELLO]
    assert (conversation.requests, conversation.resends) == (1, 0)


def test_a_window_with_open_calls_is_our_bug():
    conversation = Conversation(SETTINGS, [HELLO])
    with pytest.raises(LocalProtocolError, match="open calls"):
        conversation.rebase([function_call("a")])
    assert conversation.history == (HELLO,)


def test_a_fork_goes_on_from_what_is_settled_with_a_chain_of_its_own():
    conversation = owing(function_call("a"))
    twin = conversation.fork()
    assert (twin.state, twin.history, twin.open_calls) == (State.READY, conversation.settled, ())
    twin.ask(user_message("aside"))
    assert sent(twin)["input"] == [*conversation.settled, user_message("aside")]
    conversation.answer(answers(conversation))
    assert sent(conversation)["previous_response_id"] == "r1"


def test_a_fork_leaves_out_what_was_only_asked():
    conversation = begun()
    assert conversation.fork().history == ()
    conversation.receive(refused())
    assert conversation.fork().history == ()
    assert conversation.state is State.FAILED


# Warming up


def test_a_warm_up_is_a_request_without_input_or_answer_that_the_first_one_chains_from():
    conversation = Conversation(SETTINGS)
    conversation.warm_up()
    request = sent(conversation)
    assert (request["generate"], request["input"]) == (False, [])
    conversation.receive(created("w1"))
    conversation.receive(completed("w1"))
    assert (conversation.state, conversation.history, conversation.response) == (State.READY, (), None)
    conversation.ask(HELLO)
    request = sent(conversation)
    assert (request["previous_response_id"], request["input"]) == ("w1", [HELLO])
    assert "generate" not in request


def test_what_a_service_says_that_knows_no_warm_up_is_no_part_of_the_history():
    for end in (completed("w1", message("hi")), incomplete("w1", message("hi"))):
        conversation = Conversation(SETTINGS)
        conversation.warm_up()
        conversation.frames_to_send()
        conversation.receive(end)
        assert (conversation.state, conversation.history, conversation.response) == (State.READY, (), None)
        conversation.ask(HELLO)
        assert "previous_response_id" not in sent(conversation)


def test_a_warm_up_that_nobody_waits_for_is_abandoned_without_a_trace():
    conversation = Conversation(SETTINGS)
    conversation.warm_up()
    conversation.frames_to_send()
    conversation.abandon("")
    conversation.ask(HELLO)
    request = sent(conversation)
    assert request["input"] == [HELLO]
    assert "generate" not in request


def test_a_warm_up_is_for_a_conversation_that_is_ready():
    with pytest.raises(LocalProtocolError, match="warm_up is not possible while the conversation is waiting"):
        begun().warm_up()


# Services without memory


def test_where_the_other_end_forgets_everything_is_sent_unless_it_was_stored():
    for store, items in ((False, 3), (True, 1)):
        conversation = begun(settings=RequestSettings("m", options={"store": store}))
        conversation.receive(completed("r1", message("hi")))
        conversation.ask(user_message("more"))
        (frame,) = conversation.frames_to_send(incremental=False)
        assert len(json.loads(frame)["input"]) == items


def test_a_stored_response_is_continued_when_the_connection_was_too_old():
    for store, items in ((False, 3), (True, 1)):
        conversation = begun(settings=RequestSettings("m", options={"store": store}))
        conversation.receive(completed("r1", message("hi")))
        conversation.ask(user_message("more"))
        conversation.frames_to_send()
        conversation.receive(refused("websocket_connection_limit_reached"))
        conversation.restart_chain(id_still_good=True)
        assert len(sent(conversation)["input"]) == items


def test_a_compaction_inside_a_response_stands_for_everything_before_it():
    sealed = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}
    conversation = begun(message("before"))
    conversation.receive(completed("r1", message("I compact."), sealed, function_call("a")))
    assert conversation.history == (sealed, function_call("a"))
    assert conversation.settled == ()
    conversation.answer(answers(conversation))
    assert sent(conversation)["input"] == [output("a")]
    conversation.restart_chain()
    assert sent(conversation)["input"] == [sealed, function_call("a"), output("a")]
    conversation.receive(incomplete("r2", sealed, message("half")))
    assert conversation.history == (sealed, message("half"))


def test_what_comes_before_the_first_event_of_our_response_is_no_part_of_it():
    conversation = begun()
    conversation.receive(completed("r1", message("one")))
    conversation.ask(user_message("more"))
    conversation.frames_to_send()
    conversation.receive(item_done(message("stale"), index=1))
    conversation.receive(completed("r1", message("one")))
    conversation.receive(created("r2"))
    conversation.receive(item_done(message("two")))
    conversation.receive(completed("r2", message("two")))
    assert conversation.history[-1] == message("two")
    assert conversation.history[-2] == user_message("more")
