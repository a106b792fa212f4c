"""Reading the conversation."""

from typing import Any

from patchwire.repair.context import Answered, Call, Conversation, read, text_of, tool_names

Item = dict[str, Any]


def user(*texts: str) -> Item:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text} for text in texts]}


def called(call_id: str, name: str, arguments: str) -> Item:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def answered(call_id: str, output: object) -> Item:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def test_the_task_is_the_last_text_of_the_last_user_message() -> None:
    assert read([user("rules", "first"), user("guidance", "second")]) == Conversation("second")


def test_a_message_may_be_short() -> None:
    assert read([{"role": "user", "content": "fix it"}]).task == "fix it"


def test_only_what_follows_the_last_task_counts() -> None:
    context = [user("one"), called("a", "search", "{}"), answered("a", "old"), user("two"), called("b", "search", "{}")]
    assert read(context) == Conversation("two", (Answered(Call("search", "{}"), ""),))


def test_calls_are_paired_by_id_and_their_arguments_compared_as_values() -> None:
    context = [user("x"), answered("a", "said"), called("a", "f", '{"b": 1, "a": null}')]
    assert read(context).answered == (Answered(Call.of("f", a=None, b=1), "said"),)


def test_arguments_that_are_no_json_are_no_call_of_ours() -> None:
    assert read([called("a", "f", "{")]).answered == (Answered(Call("f", ""), ""),)


def test_odd_items_are_passed_over() -> None:
    odd: list[Any] = [
        None,
        3,
        {"type": "reasoning"},
        {"content": "?"},
        {"role": "user", "content": 5},
        {"role": "user"},
    ]
    assert read(odd) == Conversation("")
    assert read([{"role": "user", "content": [None, {"text": 7}]}]) == Conversation("")


def test_an_output_is_a_text_or_a_list_of_parts() -> None:
    assert text_of("plain") == "plain"
    assert text_of([{"type": "input_text", "text": "a"}, {"type": "input_image"}, {"text": "b"}]) == "ab"
    assert text_of(None) == ""


def test_tools_are_known_by_name() -> None:
    tools: list[Any] = [{"type": "function", "name": "search"}, {"type": "web_search"}, None]
    assert tool_names(tools) == {"search"}
