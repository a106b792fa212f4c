"""The door."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.repair.bench import NAMES, TOOLS, Bench, Item, play

from patchwire.repair.brain import next_items


def user(text: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def said(items: list[Item]) -> str:
    assert [item["type"] for item in items] == ["message"]
    assert items[0]["role"] == "assistant"
    return str(items[0]["content"][0]["text"])


def test_any_other_task_is_declined_with_both_ways_out() -> None:
    text = said(next_items([user("Write a poem about tests")], TOOLS))
    assert "offline model" in text
    assert "OPENAI_API_KEY" in text


def test_a_repair_begins_with_the_tests() -> None:
    (call,) = next_items([user("Fix the bug.")], TOOLS)
    assert call["type"] == "function_call"
    assert (call["name"], json.loads(call["arguments"])) == ("run_tests", {"targets": None, "trace": True})
    assert call["call_id"].startswith("call_")


def test_tools_that_are_missing_are_named() -> None:
    assert "try_patches, write_patch" in said(
        next_items([user("fix it")], [{"name": n} for n in NAMES[:3] + NAMES[4:5]])
    )


def test_a_follow_up_begins_again() -> None:
    first = next_items([user("fix it")], TOOLS)
    output = {"type": "function_call_output", "call_id": first[0]["call_id"], "output": "PASSED: 3 passed in 1 s"}
    context = [user("fix it"), *first, output]
    assert "All tests pass already (3 passed)" in said(next_items(context, TOOLS))
    assert next_items([*context, user("and the errors?")], TOOLS)[0]["name"] == "run_tests"


def test_only_what_has_no_answer_yet_is_asked() -> None:
    failing = (
        "FAILED: 1 failed\n--- tests/a.py::t failed (tests/a.py:1)\n  E\n--- tests/b.py::t failed (tests/b.py:1)\n  E"
    )
    context: list[Item] = [user("fix it")]
    context += next_items(context, TOOLS)
    context.append({"type": "function_call_output", "call_id": context[-1]["call_id"], "output": failing})
    reads = next_items(context, TOOLS)
    assert [json.loads(item["arguments"])["path"] for item in reads] == ["tests/a.py", "tests/b.py"]
    assert len({item["call_id"] for item in reads}) == 2
    assert next_items([*context, reads[0]], TOOLS)[0]["arguments"] == reads[1]["arguments"]


def test_calls_of_another_hand_are_passed_over() -> None:
    foreign = {"type": "function_call", "call_id": "x", "name": "search", "arguments": '{"pattern":"a"}'}
    assert next_items([user("fix it"), foreign], TOOLS)[0]["name"] == "run_tests"


TEXTS = st.sampled_from(
    [
        "",
        "Error: no",
        "FAILED: 3 failed, 1 passed\n--- a::b failed (x.py:1)\n  E  NameError: name 'q' is not defined\nat x.py:1 in f",
        "FAILED: 2 failed\n--- a::b failed (tests/x.py:1)\n--- a::c error\nlines run (f/p):\nx.py: 1=2/0 2=1/1",
        "INCONCLUSIVE: x\nnote: y",
        "x.py: lines 1-2 of 2\n1\tdef f(a, b):\n2\t    return a < b",
        "x.py: empty",
        "x.py\ny.py",
        "tried 9 of 9 candidates in 1.0 s\npassed: 1 2 99\nbreaks: 3",
        "tried 1 of 9 candidates in 100.0 s\nnot tried: 1-9",
        "Applied: M x.py",
        'FAILED: 1 error\n--- t error\n  E  File "x.py", line 1\n  E  SyntaxError: bad',
        "x.py: lines 1-1 of 1\n1\tdef f(:",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS | st.text(max_size=30), min_size=1, max_size=14))
def test_whatever_the_tools_say_it_goes_on_with_known_tools_or_ends(answers: list[str]) -> None:
    context: list[Any] = [user("make the failing tests pass")]
    for answer in answers:
        items = next_items(context, TOOLS)
        assert items
        context += items
        for item in items:
            if item["type"] == "message":
                assert item["content"][0]["text"]
                return
            assert item["name"] in NAMES
            json.loads(item["arguments"])
            context.append({"type": "function_call_output", "call_id": item["call_id"], "output": answer})


def test_the_same_conversation_gives_the_same_answer() -> None:
    files = {"a.py": "def f(x):\n    return x < 3\n"}
    first, second = (Bench(dict(files), {"t::t": "f(3)"}) for _ in range(2))
    assert play(first) == play(second)
    assert first.calls == second.calls
