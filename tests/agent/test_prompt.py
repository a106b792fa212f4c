"""What is said to the model, and that what must not change between requests does not."""

from pathlib import Path

from patchwire.agent import prompt
from patchwire.agent.tools import TOOLS
from patchwire.models import find
from patchwire.task import Focus, Task
from patchwire.wire.conversation import RequestSettings


def texts(item: dict) -> list[str]:
    return [part["text"] for part in item["content"]]


def test_the_task_is_the_last_part() -> None:
    assert texts(prompt.opening(Task("Fix it.", Path("/x")), [])) == ["Fix it."]


def test_guidance_and_focus_come_before_the_task() -> None:
    task = Task("Fix it.", Path("/x"), Focus("a/b.py", 3, 7))
    assert texts(prompt.opening(task, [("AGENTS.md", "Be brief.\n")])) == [
        '<guidance path="AGENTS.md">\nBe brief.\n</guidance>',
        "<focus>\na/b.py, lines 3-7\n</focus>",
        "Fix it.",
    ]


def test_a_focus_may_be_one_line_or_a_file() -> None:
    one = Task("x", Path("/x"), Focus("a.py", 3))
    assert texts(prompt.opening(one, []))[0] == "<focus>\na.py, lines 3-3\n</focus>"
    whole = Task("x", Path("/x"), Focus("a.py"))
    assert texts(prompt.opening(whole, []))[0] == "<focus>\na.py\n</focus>"


def test_what_has_become_of_the_last_turn_stands_before_the_task() -> None:
    task = Task("Go on.", Path("/x"), since="The user discarded your change to a.py.")
    assert texts(prompt.opening(task, [])) == [
        "<since_your_last_turn>\nThe user discarded your change to a.py.\n</since_your_last_turn>",
        "Go on.",
    ]


def test_the_head_of_a_request_knows_nothing_of_task_or_machine() -> None:
    request = prompt.request(find("gpt-6.2-sol"), "high", [tool.definition() for tool in TOOLS], "key")
    assert isinstance(request, RequestSettings)
    again = prompt.request(find("gpt-6.2-sol"), "high", [tool.definition() for tool in TOOLS], "key")
    assert request.encoded() == again.encoded()
    assert str(Path.cwd()) not in request.encoded()
    assert request.options["reasoning"] == {"effort": "high"}
    assert request.options["store"] is False
    assert "reasoning.encrypted_content" in request.options["include"]


def test_without_an_effort_no_reasoning_is_asked_for() -> None:
    assert "reasoning" not in prompt.request(find("local"), None, [], "key").options


def test_every_tool_that_is_named_is_there() -> None:
    names = {tool.name for tool in TOOLS}
    for name in names:
        assert name in prompt.INSTRUCTIONS or name == "list_files"


def test_what_is_said_on_the_way_is_the_developer_s() -> None:
    assert prompt.unapplied_patch()["role"] == prompt.unfinished("1 failed")["role"] == "developer"
    assert "1 failed" in texts(prompt.unfinished("1 failed"))[0]
    assert "3 times" in prompt.repeated(3)


def test_a_model_that_compacts_is_told_when() -> None:
    model = find("gpt-6.2-sol")
    options = prompt.request(model, None, [], "k").options
    assert options["context_management"] == [{"type": "compaction", "compact_threshold": int(0.7 * model.context)}]
    assert "context_management" not in prompt.request(find("m"), None, [], "k").options


def test_what_a_service_is_known_to_refuse_is_not_asked_for() -> None:
    request = prompt.request(find("gpt-6.2-sol"), "low", [], "k", {"context_management", "generate"})
    assert request.options.keys() == {"store", "include", "parallel_tool_calls", "prompt_cache_key", "reasoning"}


def test_a_reminder_holds_the_task_and_the_state_of_the_patch() -> None:
    assert "still: Fix it.\n\nNothing was changed" in texts(prompt.reminder("Fix it.", ""))[0]
    assert texts(prompt.reminder("Fix it.", "+1\n"))[0].endswith("stand in the files already:\n+1\n")
    long = texts(prompt.reminder("Fix it.", "x" * (prompt.MAX_PATCH + 5)))[0]
    assert long.endswith("x\n[5 more characters: read the files]")


def test_what_the_user_adds_is_the_user_s() -> None:
    assert prompt.added("Also b.py.")["role"] == "user"


def test_nothing_is_stored_unless_it_is_wanted() -> None:
    assert prompt.request(find("m"), None, [], "k").options["store"] is False
    assert prompt.request(find("m"), None, [], "k", store=True).stored
