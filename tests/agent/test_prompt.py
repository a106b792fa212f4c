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
