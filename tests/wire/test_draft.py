"""wire.draft: one response's items from events in every order that the documents allow."""

from itertools import permutations

import pytest
from tests.wire.frames import event, function_call, item_done, message, reasoning, said

from patchwire.wire.draft import Draft
from patchwire.wire.events import decode


def draft(*frames):
    written = Draft()
    for frame in frames:
        written.feed(decode(frame))
    return written


def added(item, index=0):
    return event("response.output_item.added", output_index=index, item=item)


def texts(items):
    return ["".join(part.get("text", part.get("refusal")) for part in item["content"]) for item in items]


def test_nothing_has_begun_before_a_piece_comes():
    assert not draft().begun
    assert not draft(added(message("", content=[]))).begun
    assert draft(said("x")).begun
    assert draft(item_done(message("x"))).begun


def test_items_stand_in_the_order_of_their_index_however_they_come():
    items = [reasoning(), message("a"), function_call("c")]
    for order in permutations(enumerate(items)):
        assert draft(*[item_done(item, index) for index, item in order]).items(None) == tuple(items)


def test_a_whole_item_replaces_what_pieces_spelled_and_ignores_what_comes_late():
    late = [said("late"), added(message("later")), item_done(message("latest"))]
    assert draft(said("piece"), item_done(message("whole")), *late).items(None) == (message("whole"),)


def test_the_terminal_list_replaces_everything():
    assert draft(said("piece")).items([]) == ()
    assert draft(item_done(message("a"))).items([message("b")]) == (message("b"),)
    assert draft().items([message("b")]) == (message("b"),)


def test_a_terminal_list_that_lacks_finished_items_is_a_fragment():
    finished = [reasoning(), function_call("c")]
    frames = [item_done(item, index) for index, item in enumerate(finished)]
    assert draft(*frames, said("unfinished", 2)).items([function_call("c")]) == tuple(finished)
    assert draft(*frames).items([]) == tuple(finished)


def test_deltas_without_any_setup_make_a_message():
    (item,) = draft(said("Use a "), said("set.")).items(None)
    assert item == message("Use a set.")


def test_deltas_fill_the_item_that_was_announced():
    shell = {"id": "msg_1", "type": "message", "role": "assistant", "phase": "commentary", "content": []}
    assert draft(added(shell), said("hm")).items(None) == (shell | {"content": message("hm")["content"]},)


def test_a_done_text_replaces_its_deltas():
    done = event("response.output_text.done", item_id="msg_1", output_index=0, content_index=0, text="whole")
    assert texts(draft(said("pie"), done, said("late")).items(None)) == ["whole"]
    broken = event("response.output_text.done", item_id="msg_1", output_index=0, content_index=0)
    assert texts(draft(said("pie"), said("ce"), broken).items(None)) == ["piece"]


def test_parts_stand_in_the_order_of_their_index_and_keep_those_that_were_announced():
    old = message("first")
    second = event("response.output_text.delta", output_index=0, content_index=2, delta="third")
    refusal = event("response.refusal.delta", output_index=0, content_index=1, delta="second ")
    (item,) = draft(added(old), second, refusal).items(None)
    assert [part["type"] for part in item["content"]] == ["output_text", "refusal", "output_text"]
    assert texts([item]) == ["firstsecond third"]


def test_reasoning_is_spelled_by_its_summary_and_by_its_text():
    summary = event("response.reasoning_summary_text.delta", item_id="rs", output_index=0, summary_index=0, delta="Why")
    raw = event("response.reasoning_text.done", item_id="rs", output_index=0, content_index=0, text="Because")
    (item,) = draft(summary, raw).items(None)
    assert item["type"] == "reasoning"
    assert item["summary"] == [{"type": "summary_text", "text": "Why"}]
    assert item["content"] == [{"type": "reasoning_text", "text": "Because"}]


@pytest.mark.parametrize(
    ("kind", "stem", "name"),
    [
        ("function_call", "response.function_call_arguments", "arguments"),
        ("custom_tool_call", "response.custom_tool_call_input", "input"),
    ],
)
def test_an_announced_call_is_spelled_by_its_deltas(kind, stem, name):
    call = {"id": "fc", "type": kind, "call_id": "c", "name": "f", name: ""}
    deltas = [event(f"{stem}.delta", item_id="fc", output_index=0, delta=text) for text in ("{", "}")]
    assert draft(added(call), *deltas).items(None) == (call | {name: "{}"},)
    done = event(f"{stem}.done", item_id="fc", output_index=0, **{name: '{"x":1}'})
    assert draft(added(call), *deltas, done).items(None) == (call | {name: '{"x":1}'},)


def test_pieces_of_a_call_that_nobody_named_make_no_call():
    assert draft(event("response.function_call_arguments.delta", output_index=0, delta="{}")).items(None) == ()


def test_without_an_index_the_item_id_tells_and_without_both_a_piece_stands_alone():
    a, b = (event("response.output_text.delta", item_id=name, output_index=None, delta=name) for name in "ab")
    assert texts(draft(a, b, a).items(None)) == ["aa", "b"]
    lone = event("response.output_text.delta", delta="x")
    assert draft(lone).items(None)[0].keys().isdisjoint({"id"})
    assert texts(draft(lone, lone).items(None)) == ["x", "x"]


def test_strange_pieces_are_ignored():
    frames = [
        event("response.output_item.added"),
        event("response.output_item.done", item=[]),
        event("response.output_item.moved", item={}),
        event("response.output_text.annotation", delta="x"),
        event("response.content_part.added", output_index=0, part={"type": "output_text", "text": "x"}),
        event("error"),
    ]
    assert draft(*frames).items(None) == ()
    broken = {"id": "m", "type": "message", "content": "not a list"}
    odd = event("response.output_text.delta", item_id="m", output_index=0, content_index="0", delta=7)
    assert texts(draft(added(broken), odd).items(None)) == [""]


def test_parallel_calls_are_told_apart_by_their_index():
    calls = [function_call(name, arguments="") for name in "ab"]
    frames = [added(call, index) for index, call in enumerate(calls)]
    for step in "123":
        for index in (0, 1):
            fields = {"output_index": index, "item_id": calls[index]["id"], "delta": f"{step}{'ab'[index]}"}
            frames.append(event("response.function_call_arguments.delta", **fields))
    assert [item["arguments"] for item in draft(*frames).items(None)] == ["1a2a3a", "1b2b3b"]


def test_an_announced_item_of_an_unknown_kind_is_kept():
    assert draft(added({"type": "hologram", "x": 1})).items(None) == ({"type": "hologram", "x": 1},)
