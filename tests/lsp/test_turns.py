"""Turns from the editor's side: queued, shown, cancelled, continued; one root and several."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from tests.lsp.stage import FIXED, HANG, TEST, WRITE, at_most, plain, scripted
from tests.stage import BUGGY, fingerprint, repository

from patchwire.loopback.play import call, say

READ = call("read_file", path="cart.py", start_line=None, end_line=None)


def asked(desk, number: int = -1) -> str:
    """What the user's latest message to the model says."""
    messages = [item for item in desk.service.exchanges[number].context if item.get("role") == "user"]
    return "\n".join(part["text"] for part in messages[-1]["content"])


async def test_everything_is_shown_while_it_runs(root: Path) -> None:
    before = fingerprint(root)
    async with scripted(root, READ, WRITE, say("The first price was skipped.")) as desk:
        outcome = await desk.execute("fixTests")
        assert (outcome["status"], outcome["steps"]) == ("done", 3)
        assert outcome["message"].endswith("The first price was skipped.")
        assert (outcome["tests"]["before"]["failed"], outcome["tests"]["after"]["passed"]) == (1, 2)
        kinds = [event["kind"] for event in desk.events]
        assert kinds[0] == "turnStarted"
        assert kinds[-1] == "turnEnded"
        assert {"said", "toolStarted", "toolFinished", "testsRan", "stepDone", "changed"} <= set(kinds)
        assert {event["root"] for event in desk.events} == {root.as_uri()}
        (reports,) = desk.client.progress_reports.values()
        begin, *middle, end = reports
        assert begin.title == "Patchwire: Make the failing tests pass"
        assert end.message.startswith("1 failing test now passes")
        percentages = [report.percentage for report in middle]
        assert percentages == sorted(percentages)
        assert any("tokens" in report.message for report in middle)
    assert fingerprint(root) == before


async def test_the_second_command_waits_for_the_first(root: Path) -> None:
    async with scripted(root, WRITE, say("One."), say("Two.")) as desk:
        first, second = await asyncio.gather(desk.execute("fixTests"), desk.execute("fixTests", instruction="Look."))
        assert (first["message"].split("\n\n")[1], second["message"].split("\n\n")[1]) == ("One.", "Two.")
        kinds = [event["kind"] for event in desk.events if event["turn"] == second["turn"]]
        assert kinds[:2] == ["turnQueued", "turnStarted"]
        assert second["change"]["files"][0]["path"] == "cart.py", "the second begins with the first one's change"


async def test_turns_of_two_roots_run_at_the_same_time(tmp_path: Path) -> None:
    roots = [repository(tmp_path / name, BUGGY | HANG) for name in ("one", "two")]
    async with scripted(roots[0], TEST, TEST, say("Never."), say("Never."), folders=roots) as desk:
        outcome = await desk.execute("fixTests")
        assert (outcome["status"], outcome["reason"]) == ("failed", "root")
        running = [asyncio.ensure_future(desk.execute("fixTests", uri=root.as_uri())) for root in roots]
        await desk.until(lambda: len([e for e in desk.events if e["kind"] == "toolStarted"]) == 2)
        status = await desk.execute("status")
        assert [one["turn"]["prompt"] for one in status["roots"]] == ["Make the failing tests pass."] * 2
        await desk.execute("cancel", uri=roots[1].as_uri())
        assert (await running[1])["status"] == "cancelled"
        assert not running[0].done()
        await desk.execute("cancel")
        assert (await running[0])["status"] == "cancelled"


@pytest.mark.parametrize("point", range(10))
async def test_a_turn_is_cancelled_at_any_point(root: Path, point: int) -> None:
    """By the command, by the request, by the progress; then the conversation goes on."""
    async with scripted(root, READ, TEST, WRITE, READ, say("Done."), say("Again.")) as desk:
        params = types.ExecuteCommandParams("patchwire.fixTests", [{}])
        asking = desk.client.protocol.send_request_async(types.WORKSPACE_EXECUTE_COMMAND, params, msg_id="the-turn")
        running = asyncio.ensure_future(asking)
        await asyncio.sleep(0)
        if point:
            await desk.until(lambda: len(desk.events) >= point)
        loop = asyncio.get_running_loop()
        began = loop.time()
        way = point % 3
        if way == 0:
            await desk.execute("cancel")
        elif way == 1:
            desk.client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams("the-turn"))
        else:
            await desk.until(lambda: desk.client.progress_reports)
            (token,) = desk.client.progress_reports
            desk.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        outcome = plain(await asyncio.wait_for(running, 30))
        assert loop.time() - began < at_most(1), "it took too long to be quiet"
        assert outcome["status"] in ("cancelled", "done")
        assert (await desk.execute("status"))["roots"][0]["turn"] is None
        again = await desk.execute("continue", instruction="Say something.")
        assert again["status"] in ("done", "no_change", "unverified", "tests_failing"), again


async def test_a_turn_that_waits_is_cancelled_too(root: Path) -> None:
    (root / "test_hang.py").write_text(HANG["test_hang.py"])
    async with scripted(root, TEST, say("Never.")) as desk:
        running = [asyncio.ensure_future(desk.execute("fixTests")) for _ in range(2)]
        await desk.event("turnQueued")
        await desk.event("toolStarted")
        await desk.execute("cancel")
        assert [(await one)["status"] for one in running] == ["cancelled", "cancelled"]
        outcome = await desk.execute("cancel")
        assert outcome["reason"] == "nothing_runs"


async def test_the_model_hears_what_became_of_its_change(root: Path) -> None:
    async with scripted(root, WRITE, say("One."), say("Two."), say("Three.")) as desk:
        await desk.execute("fixTests")
        await desk.execute("continue", instruction="Go on.")
        assert "cart.py: the user has not decided on your change yet; it is in the file." in asked(desk)
        await desk.execute("discardChange")
        (root / "README").write_text("new\n")
        desk.texts.append("And now?")
        await desk.execute("continue")
        assert "cart.py: the user discarded your change; it is not in the file." in asked(desk)
        assert "README: the user changed it." in asked(desk)
        assert asked(desk).endswith("And now?")
        conversation = desk.service.exchanges[-1].context
        assert sum(item.get("role") == "user" for item in conversation) == 3


async def test_a_new_task_is_a_new_conversation(root: Path) -> None:
    async with scripted(root, say("One."), say("Two.")) as desk:
        one = await desk.execute("fixTests", instruction="One?")
        two = await desk.execute("fixTests", instruction="Two?")
        assert one["session"] != two["session"]
        assert len(desk.service.exchanges[-1].context) == 1
        turns = [exchange for exchange in desk.service.exchanges if exchange.body.get("generate") is not False]
        assert len({exchange.connection for exchange in turns}) == 1


async def test_what_the_user_adds_joins_the_next_request(root: Path) -> None:
    (root / "test_slow.py").write_text("import time\n\n\ndef test():\n    time.sleep(1)\n")
    async with scripted(root, TEST, say("Done.")) as desk:
        running = asyncio.ensure_future(desk.execute("fixTests", instruction="Look."))
        await desk.event("toolStarted")
        assert (await desk.execute("addMessage", instruction="Be brief."))["status"] == "ok"
        await running
        assert asked(desk) == "Be brief."
        assert (await desk.execute("addMessage", instruction="Too late."))["reason"] == "nothing_runs"


async def test_what_the_user_adds_before_the_first_request_joins_it(root: Path) -> None:
    async with scripted(root, say("Done.")) as desk:
        running = asyncio.ensure_future(desk.execute("fixTests", instruction="Look."))
        await desk.event("turnStarted")
        assert (await desk.execute("addMessage", instruction="Be brief."))["status"] == "ok"
        await running
        assert asked(desk) == "Be brief."
        assert len(desk.service.exchanges[-1].context) == 2


async def test_a_run_of_the_tests_hears_nobody(root: Path) -> None:
    (root / "test_hang.py").write_text(HANG["test_hang.py"])
    async with scripted(root) as desk:
        running = asyncio.ensure_future(desk.execute("runTests"))
        await desk.event("turnStarted")
        assert (await desk.execute("addMessage", instruction="Be brief."))["reason"] == "nothing_runs"
        await desk.execute("cancel")
        assert (await running)["status"] == "cancelled"


async def test_tests_run_without_a_model_and_marks_go_when_they_pass(root: Path) -> None:
    async with scripted(root) as desk:
        desk.editor.open(desk.uri("cart.py"))
        ran = await desk.execute("runTests")
        assert (ran["status"], ran["message"]) == ("failed", "1 failing, 1 passed.")
        (mark,) = desk.marks("test_cart.py")
        assert (mark.code, mark.source, mark.severity) == (
            "test_cart.py::test_total",
            "patchwire",
            types.DiagnosticSeverity.Error,
        )
        assert mark.range.start.line == 4
        desk.editor.write(desk.uri("cart.py"), FIXED)
        assert (await desk.execute("runTests", targets=["test_cart.py"]))["status"] == "passed"
        assert desk.marks("test_cart.py") == []
        assert not desk.service.exchanges


async def test_what_the_user_must_know_comes_back_as_a_message(root: Path) -> None:
    async with scripted(root, editor="neovim", environment={"OPENAI_API_KEY": ""}) as desk:
        outcome = await desk.execute("fixTests")
        assert (outcome["status"], outcome["reason"]) == ("failed", "settings")
        assert "OPENAI_API_KEY" in desk.read(types.WINDOW_SHOW_MESSAGE).message


async def test_the_service_gives_out(root: Path) -> None:
    async with scripted(root, environment={"OPENAI_API_KEY": "sk-wrong-one"}) as desk:
        outcome = await desk.execute("fixTests")
        assert outcome["status"] == "failed"
        assert "sk-wrong-one" not in str(outcome)
