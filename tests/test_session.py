"""Whole turns with real parts all the way and a scripted model: how the main job goes, and how it goes wrong."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.stage import BUGGY, FIX, PYTEST, fingerprint, git, perform, repository

from patchwire.agent.inbox import Inbox
from patchwire.errors import SettingsError
from patchwire.loopback.faults import Drop, Fail, Faults, Forget, Gone, Silence
from patchwire.loopback.play import Play, call, custom_call, raw_call, reasoning, say
from patchwire.loopback.server import Loopback
from patchwire.models import Model, find
from patchwire.ports import TestRun
from patchwire.session import Session
from patchwire.settings import LEVELS, Settings
from patchwire.task import Budget, Retracted, Snapshot, Status, Task, ToolFinished, ToolStarted

READ = call("read_file", path="cart.py", start_line=None, end_line=None)
TEST = call("run_tests", targets=None, trace=False)
WRITE = call("write_patch", patch=FIX)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


async def test_the_main_job(root: Path) -> None:
    played = await perform(root, [reasoning("Look."), TEST], READ, WRITE, TEST, say("The first price was skipped."))
    outcome = played.outcome
    assert outcome.status is Status.DONE
    assert outcome.message == "1 failing test now passes, 0 broke; 2 passed.\n\nThe first price was skipped."
    assert (outcome.before.failed, outcome.after.passed) == (1, 2)
    assert outcome.steps == outcome.usage.exchanges == 5
    assert outcome.usage.tool_calls == 4
    assert outcome.usage.resends == 0
    assert outcome.usage.bytes_up > 0 < outcome.usage.bytes_down
    assert outcome.isolation.level in LEVELS
    (root / "fix.diff").write_bytes(outcome.patch)
    git(root, "apply", "fix.diff")
    assert (root / "cart.py").read_text() == BUGGY["cart.py"].replace("prices[1:]", "prices")


async def test_twenty_six_calls_on_one_connection_send_only_what_is_new(root: Path) -> None:
    reads = [call("read_file", path="cart.py", start_line=n % 5 + 1, end_line=None) for n in range(24)]
    played = await perform(root, *reads, WRITE, TEST, say("Done."))
    assert played.outcome.status is Status.DONE
    assert played.outcome.usage.tool_calls == 26
    assert {exchange.connection for exchange in played.exchanges} == {1}
    first, *later = played.exchanges
    assert "previous_response_id" not in first.body
    for before, exchange in zip(played.exchanges, later, strict=False):
        assert exchange.body["previous_response_id"] == before.response_id
        assert [item["type"] for item in exchange.body["input"]] == ["function_call_output"]
        # What is sent again besides the input is what the service does not inherit, byte for byte.
        assert {k: v for k, v in exchange.body.items() if k not in {"input", "previous_response_id"}} == {
            k: v for k, v in first.body.items() if k != "input"
        }
        assert exchange.context[: len(before.context)] == before.context


async def test_reads_run_side_by_side_and_changes_in_order(root: Path) -> None:
    played = await perform(root, [READ, call("list_files", path=None), WRITE, READ], TEST, say("Done."))
    assert "prices[1:]" in played.outputs()[0]
    assert played.outputs()[1] == "cart.py\ntest_cart.py"
    assert played.outputs()[2] == "Applied: M cart.py"
    assert "for price in prices:" in played.outputs()[3]


async def test_try_patches_compares_and_keeps_nothing(root: Path) -> None:
    worse = FIX.replace("+    for price in prices:", "+    for price in prices[2:]:")
    refused = FIX.replace("prices[1:]", "goods")
    tried = call("try_patches", patches=[worse, FIX, refused], targets=None)
    played = await perform(root, tried, WRITE, say("Done."))
    lines = played.outputs()[0].splitlines()
    assert lines[0].startswith("tried 3 of 3 candidates")
    assert lines[1:4] == ["passed: 2", "failed: 1", "refused: 3"]
    assert played.outcome.status is Status.DONE


async def test_guidance_of_the_repository_goes_in_as_text(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", BUGGY | {"AGENTS.md": "Use tabs.\n"})
    played = await perform(root, [WRITE], say("Done."))
    texts = [part["text"] for part in played.exchanges[0].context[0]["content"]]
    assert texts == ['<guidance path="AGENTS.md">\nUse tabs.\n</guidance>', "Make the failing tests pass."]


async def test_a_second_turn_goes_on_in_the_same_conversation(root: Path) -> None:
    async with Loopback(Play(say("One."), say("Two.")), models=["m"]) as server:
        settings = Settings(find("m"), None, server.base_url, server.token)
        async with Session(settings, os.environ, PYTEST) as session:
            for said in ("One.", "Two."):
                task = Task(f"Say {said}", root)
                outcome = await session.run(task, Snapshot(root), Budget(), lambda _: None)
                assert outcome.message.endswith(said)
                assert outcome.usage.exchanges == 1
        assert len(server.exchanges[1].body["input"]) == 1


async def test_the_offline_model_sits_in_the_seam(root: Path) -> None:
    async with Session(Settings(find("patchwire-offline"), None, offline=True), os.environ, PYTEST) as session:
        before = fingerprint(root)
        outcome = await session.run(
            Task("Make the failing tests pass.", root), Snapshot(root), Budget(), lambda _: None
        )
    assert outcome.status is Status.DONE
    assert fingerprint(root) == before


# ---- models that misbehave


async def test_absolute_paths_are_understood_inside_the_repository_and_refused_outside(root: Path) -> None:
    inside = call("read_file", path=str(root / "cart.py"), start_line=None, end_line=None)
    outside = call("read_file", path="/etc/hostname", start_line=None, end_line=None)
    absolute = call(
        "write_patch", patch=FIX.replace("a/cart.py", str(root / "cart.py")).replace("b/cart.py", str(root / "cart.py"))
    )
    played = await perform(root, [inside, outside], [absolute], WRITE, say("Done."))
    assert played.outputs()[0].startswith("cart.py: lines 1-5 of 5")
    assert played.outputs()[1].startswith("Error: ")
    assert played.outcome.status is Status.DONE


async def test_a_heredoc_around_a_patch_is_read_and_a_shell_is_not_there(root: Path) -> None:
    v4a = (
        "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: cart.py\n@@ def total(prices):\n     result = 0\n"
        "-    for price in prices[1:]:\n+    for price in prices:\n         result += price\n*** End Patch\nEOF"
    )
    played = await perform(
        root, call("shell", command=["bash", "-lc", v4a]), call("write_patch", patch=v4a), say("Done.")
    )
    assert "there is no tool `shell`" in played.outputs()[0]
    assert played.outputs()[1] == "Applied: M cart.py"
    assert played.outcome.status is Status.DONE


async def test_prose_instead_of_calls_is_told_once_and_then_believed(root: Path) -> None:
    played = await perform(root, say("You should fix the slice."), say("I cannot do more."))
    assert played.exchanges[1].body["input"][0]["role"] == "developer"
    assert "the tests do not pass yet (1 failed, 1 passed)" in str(played.exchanges[1].body["input"])
    assert played.outcome.status is Status.NO_CHANGE
    assert played.outcome.message == "No fix was found: 1 failed, 1 passed.\n\nI cannot do more."


async def test_a_patch_in_the_message_is_asked_for_as_a_call(root: Path) -> None:
    played = await perform(root, say(f"Here you are:\n```diff\n{FIX}```"), WRITE, say("Done."))
    assert "only write_patch changes files" in str(played.exchanges[1].body["input"])
    assert played.outcome.status is Status.DONE


async def test_stopping_while_the_tests_fail_is_told_once(root: Path) -> None:
    wrong = FIX.replace("+    for price in prices:", "+    for price in prices[2:]:")
    right = FIX.replace("-    for price in prices[1:]:", "-    for price in prices[2:]:")
    played = await perform(
        root, call("write_patch", patch=wrong), say("Fixed!"), call("write_patch", patch=right), say("Ok.")
    )
    assert played.outcome.status is Status.DONE


async def test_a_patch_that_stays_wrong_is_delivered_as_failing(root: Path) -> None:
    wrong = FIX.replace("+    for price in prices:", "+    for price in prices[2:]:")
    played = await perform(root, call("write_patch", patch=wrong), say("Fixed!"), say("It is fixed, believe me."))
    assert played.outcome.status is Status.TESTS_FAILING
    assert played.outcome.patch
    assert "0 failing tests now pass, 0 broke" in played.outcome.message


async def test_a_question_is_answered_by_nobody(root: Path) -> None:
    played = await perform(root, say("Shall I fix the slice?"), WRITE, say("Done."), prompt="Fix the slice.")
    assert "Nobody can answer a question" in str(played.exchanges[1].body["input"])
    assert played.outcome.status is Status.DONE


async def test_an_unknown_tool_names_those_there_are(root: Path) -> None:
    played = await perform(root, [call("edit_file", path="x"), custom_call("apply_patch", FIX)], WRITE, say("Done."))
    assert "the tools are: read_file" in played.outputs()[0]
    assert "call `write_patch`" in played.outputs()[1]
    assert played.outcome.status is Status.DONE


@pytest.mark.parametrize("arguments", ['{"path": "cart.py"', "null", '["cart.py"]', '{"file": "cart.py"}', ""])
async def test_broken_arguments_are_mended(root: Path, arguments: str) -> None:
    played = await perform(root, raw_call("read_file", arguments), WRITE, say("Done."))
    assert played.outputs()[0].startswith("Error: ")
    assert played.outcome.status is Status.DONE


async def test_the_same_failing_call_for_ever_ends(root: Path) -> None:
    missing = call("read_file", path="nowhere.py", start_line=None, end_line=None)
    played = await perform(root, *[missing] * 6)
    assert "times" not in played.outputs()[1]
    assert "this same call 3 times" in played.outputs()[2]
    assert played.outcome.status is Status.OUT_OF_BUDGET
    assert "the same call 6 times" in played.outcome.message


async def test_two_megabytes_of_argument(root: Path) -> None:
    played = await perform(root, call("write_patch", patch="x" * 2_000_000), WRITE, say("Done."))
    assert "the limit is 1,000,000" in played.outputs()[0]
    assert played.outcome.status is Status.DONE


async def test_edits_to_the_tests_count_for_nothing(root: Path) -> None:
    cheat = (
        "--- a/test_cart.py\n+++ b/test_cart.py\n@@ -2,4 +2,4 @@\n \n \n def test_total():\n"
        "-    assert total([2, 3]) == 5\n+    assert total([2, 3]) == 3\n"
    )
    played = await perform(root, call("write_patch", patch=cheat), TEST, say("All green."))
    assert played.outcome.status is Status.TESTS_FAILING
    assert "only with the patch's own changes to them (test_cart.py)" in played.outcome.message
    assert played.outcome.after.failed == 1


async def test_calls_beside_the_last_words_are_still_answered(root: Path) -> None:
    played = await perform(root, [say("Done."), WRITE], say("Really done."))
    assert played.outcome.status is Status.DONE


async def test_calls_after_the_end_of_the_budget_are_not_made(root: Path) -> None:
    played = await perform(root, READ, WRITE, budget=Budget(steps=1), finished=False)
    assert played.outcome.status is Status.OUT_OF_BUDGET
    assert played.outcome.message == "Stopped: the budget of 1 steps is used up."
    assert not played.outcome.patch


async def test_exit_from_inside_the_code_under_test_is_no_success(root: Path) -> None:
    leave = FIX.replace("+    for price in prices:", "+    import os; os._exit(0)\n+    for price in prices:")
    played = await perform(root, call("write_patch", patch=leave), say("Done."), finished=False)
    assert played.outcome.status is Status.UNVERIFIED


# ---- a service and a machine that misbehave


async def test_a_lost_connection_is_ridden_out_and_said(root: Path) -> None:
    faults = Faults(requests={2: Drop(after=6)})
    played = await perform(root, WRITE, say("This gets lost on its way."), say("Done."), faults=faults)
    assert played.outcome.status is Status.DONE
    assert played.outcome.usage.resends == 1
    assert any(isinstance(piece, Retracted) for piece in played.progress)
    assert sum(isinstance(piece, ToolStarted) for piece in played.progress) == 1


async def test_a_forgotten_response_is_not_even_noticed(root: Path) -> None:
    played = await perform(root, WRITE, say("Done."), faults=Faults(requests={2: Forget()}))
    assert played.outcome.status is Status.DONE
    assert played.outcome.usage.resends == 1
    assert [exchange.status for exchange in played.exchanges] == ["completed", "refused", "completed"]


async def test_a_server_that_goes_away_for_good_leaves_the_patch_so_far(root: Path) -> None:
    played = await perform(root, WRITE, say("never heard"), faults=Faults(requests={2: Gone()}), finished=False)
    assert played.outcome.status is Status.FAILED
    assert "after 6 attempts" in played.outcome.message
    assert b"+    for price in prices:" in played.outcome.patch


async def test_no_money_is_said_at_once(root: Path) -> None:
    broke = Fail(429, "insufficient_quota", "You exceeded your current quota.")
    played = await perform(root, say("never"), faults=Faults(every_request=broke), finished=False)
    assert played.outcome.status is Status.FAILED
    assert "You exceeded your current quota." in played.outcome.message
    assert len(played.exchanges) == 1


async def test_a_wrong_key_is_said_without_it(root: Path) -> None:
    async with (
        Loopback(Play(), models=["m"]) as server,
        Session(Settings(find("m"), None, server.base_url, "sk-wrong-one"), os.environ, PYTEST) as session,
    ):
        outcome = await session.run(Task("Fix it.", root), Snapshot(root), Budget(), lambda _: None)
    assert outcome.status is Status.FAILED
    assert "401" in outcome.message or "key" in outcome.message
    assert "sk-wrong-one" not in outcome.message


async def test_cancelling_is_quick_and_keeps_the_patch_so_far(root: Path) -> None:
    hang = "import time\n\n\ndef test_hang():\n    time.sleep(600)\n"
    (root / "test_hang.py").write_text(hang)

    def stop(session: Session, piece: object) -> None:
        if isinstance(piece, ToolStarted) and piece.name == "run_tests":
            asyncio.get_running_loop().call_later(0.3, session.cancel)

    quick = call("run_tests", targets=["test_cart.py"], trace=False)
    played = await perform(root, TEST, quick, during=stop, finished=False)
    assert played.outcome.status is Status.CANCELLED
    assert played.outcome.seconds < 5


async def test_cancelling_twice_is_cancelling_once(root: Path) -> None:
    def stop(session: Session, piece: object) -> None:
        if isinstance(piece, ToolFinished) and piece.name == "write_patch":
            session.cancel()
            for turns in range(200):
                asyncio.get_running_loop().call_later(turns / 1000, session.cancel)

    played = await perform(root, TEST, WRITE, TEST, during=stop, finished=False)
    assert played.outcome.status is Status.CANCELLED
    assert played.outcome.changes


async def test_a_test_that_hangs_ends_with_the_time_limit(root: Path) -> None:
    (root / "test_hang.py").write_text("import time\n\n\ndef test_hang():\n    time.sleep(600)\n")
    played = await perform(root, TEST, say("It hangs."), budget=Budget(seconds=9), finished=False)
    assert played.outputs()[0].startswith("INCONCLUSIVE")
    assert "test_hang.py::test_hang" in played.outputs()[0], "the model is told which test it was"
    assert played.outcome.status is Status.NO_CHANGE
    assert played.outcome.before.timed_out
    assert played.outcome.seconds < 9


async def test_a_model_that_never_comes_to_an_end_meets_the_time_limit(root: Path) -> None:
    played = await perform(
        root, say("never"), faults=Faults(every_request=Silence()), budget=Budget(seconds=1), finished=False
    )
    assert played.outcome.status is Status.OUT_OF_BUDGET
    assert "time limit of 1 s" in played.outcome.message
    assert played.outcome.seconds < 5


async def test_a_test_command_that_is_none(root: Path) -> None:
    with pytest.raises(SettingsError, match="--test"):
        await perform(root, say("never"), test="pytest && rm -rf x", finished=False)


@pytest.mark.parametrize("commit", [True, False])
async def test_a_dirty_tree_and_one_without_a_commit(tmp_path: Path, commit: bool) -> None:
    root = repository(tmp_path / "shop", commit=commit)
    (root / "cart.py").write_text(BUGGY["cart.py"].replace("result = 0", "result = 0  # mine"))
    (root / "new.py").write_text("x = 1\n")
    fix = FIX.replace("     result = 0", "     result = 0  # mine")
    played = await perform(root, call("write_patch", patch=fix), call("list_files", path=None), say("Done."))
    assert played.outcome.status is Status.DONE
    assert "new.py" in played.outputs()[1]
    (root / "fix.diff").write_bytes(played.outcome.patch)
    git(root, "apply", "fix.diff")


async def test_no_tests_is_said_with_the_way_out(tmp_path: Path) -> None:
    root = repository(tmp_path / "notes", {"README.md": "hello\n"})
    played = await perform(root, TEST, say("There is nothing to test."), test=None)
    assert played.outcome.status is Status.NO_CHANGE
    assert "--test" in played.outcome.message
    add = "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n"
    played = await perform(root, call("write_patch", patch=add), say("Done."), prompt="Add a.txt.", test=None)
    assert played.outcome.status is Status.UNVERIFIED


async def test_odd_files_are_no_obstacle(tmp_path: Path) -> None:
    odd = {
        "cart.py": BUGGY["cart.py"].replace("\n", "\r\n"),
        "data/größe ü.txt": "1\n",
        "blob.bin": bytes(range(256)) * 100,
        "big.txt": "x" * 99 + "\n" * 50_000 + "y" * 5_000_000,
    }
    root = repository(tmp_path / "shop", BUGGY | odd)
    looks = [
        call("read_file", path=name, start_line=None, end_line=None)
        for name in ("blob.bin", "big.txt", "data/größe ü.txt")
    ]
    played = await perform(root, [*looks, WRITE], say("Done."))
    assert played.outputs()[0] == "Error: blob.bin is a binary file"
    assert played.outputs()[1].startswith("Error: big.txt is too large")
    assert played.outputs()[2].endswith("1\t1")
    assert played.outcome.status is Status.DONE
    (root / "fix.diff").write_bytes(played.outcome.patch)
    git(root, "apply", "fix.diff")
    assert (root / "cart.py").read_bytes().count(b"\r\n") == 5


async def test_tool_progress_tells_what_was_done(root: Path) -> None:
    played = await perform(root, READ, WRITE, say("Done."))
    finished = [piece for piece in played.progress if isinstance(piece, ToolFinished)]
    assert [(piece.name, piece.summary) for piece in finished] == [
        ("read_file", "lines 1-5 of 5"),
        ("write_patch", "M cart.py"),
    ]


# ---- the connection, seen from a whole turn


def settings_for(server: Loopback, **more: object) -> Settings:
    return Settings(find("m"), None, server.base_url, server.token, **more)


async def one_turn(session: Session, root: Path, emit=lambda piece: None, inbox: Inbox | None = None) -> object:
    return await session.run(Task("Say it.", root), Snapshot(root), Budget(), emit, inbox=inbox)


async def test_the_first_request_goes_on_from_a_warm_up(root: Path) -> None:
    async with Loopback(Play(say("One."), say("Two.")), models=["m"]) as server:
        async with Session(settings_for(server, warm_up=True), os.environ, PYTEST) as session:
            assert not server.exchanges
            await one_turn(session, root)
            await one_turn(session, root)
        warm_up, first, second = server.exchanges
        assert (warm_up.body["generate"], warm_up.body["input"], warm_up.connection) == (False, [], 1)
        assert first.body["previous_response_id"] == warm_up.response_id
        assert second.body["previous_response_id"] == first.response_id


@pytest.mark.parametrize("transport", ["http", "websocket"])
async def test_the_transport_is_the_user_s_choice(root: Path, transport: str) -> None:
    async with Loopback(Play(READ, WRITE, say("Done.")), models=["m"]) as server:
        async with Session(settings_for(server, transport=transport, warm_up=True), os.environ, PYTEST) as session:
            outcome = await one_turn(session, root)
        assert outcome.patch
        assert {exchange.connection for exchange in server.exchanges} == {0 if transport == "http" else 1}


async def test_a_key_command_is_asked_when_it_is_needed(root: Path) -> None:
    async with Loopback(Play(say("Hello.")), models=["m"]) as server:
        command = (sys.executable, "-c", f"print({server.token!r})")
        settings = Settings(find("m"), None, server.base_url, key_command=command)
        async with Session(settings, os.environ, PYTEST) as session:
            assert (await one_turn(session, root)).message.endswith("Hello.")


async def test_what_the_user_says_meanwhile_joins_the_next_request(root: Path) -> None:
    async with Loopback(Play(call("run_tests", targets=None, trace=False), say("Done.")), models=["m"]) as server:
        async with Session(settings_for(server), os.environ, PYTEST) as session:
            inbox = Inbox()
            inbox.add("Look twice.")

            def interrupt(piece: object) -> None:
                if isinstance(piece, ToolStarted):
                    assert inbox.add("Be brief.")

            await one_turn(session, root, interrupt, inbox=inbox)
            assert not inbox.add("Too late.")
        assert [item["type"] for item in server.exchanges[0].context] == ["message", "message"]
        kinds = [item["type"] for item in server.exchanges[-1].body["input"]]
        assert kinds == ["function_call_output", "message"]


async def test_what_is_stored_is_continued_after_a_loss(root: Path) -> None:
    faults = Faults(requests={2: Drop()})
    async with Loopback(Play(READ, say("Done.")), models=["m"], faults=faults) as server:
        async with Session(settings_for(server, store=True), os.environ, PYTEST) as session:
            await one_turn(session, root)
        lost, again = server.exchanges[-2:]
        assert lost.body["previous_response_id"] == again.body["previous_response_id"]
        assert len(again.body["input"]) == 1


async def test_a_turn_is_cancelled_while_it_is_being_prepared(root: Path) -> None:
    async with Loopback(Play(), models=["m"]) as server:
        async with Session(Settings(find("m"), None, server.base_url, server.token), os.environ, PYTEST) as session:
            running = asyncio.ensure_future(session.run(Task("Fix.", root), Snapshot(root), Budget(), lambda _: None))
            await asyncio.sleep(0)
            session.cancel()
            outcome = await asyncio.wait_for(running, 5)
        assert outcome.status is Status.CANCELLED
        assert not server.exchanges


async def test_a_turn_that_outgrows_its_window_is_compacted_and_goes_on(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", BUGGY | {"big.txt": "line of text\n" * 2_000})
    model = Model("m", efforts=(), context=9_000, effort=None)
    big = call("read_file", path="big.txt", start_line=None, end_line=None)
    async with Loopback(Play(WRITE, big, READ, say("Done.")), models=["m"]) as server:
        async with Session(Settings(model, None, server.base_url, server.token), os.environ, PYTEST) as session:
            outcome = await session.run(Task("Fix it.", root), Snapshot(root), Budget(), lambda _: None)
        kinds = [item["type"] for item in server.exchanges[-1].context]
    assert outcome.status is Status.DONE
    assert "compaction" in kinds
    reminders = [item for item in server.exchanges[-1].context if item.get("role") == "developer"]
    assert "The task is still: Fix it." in str(reminders)
    assert "+    for price in prices:" in str(reminders)


async def test_another_conversation_begins_on_the_same_connection(root: Path) -> None:
    async with Loopback(Play(say("One."), say("Two."), say("Three.")), models=["m"]) as server:
        async with Session(settings_for(server), os.environ, PYTEST) as session:
            await one_turn(session, root)
            await session.begin(None)
            await one_turn(session, root)
            await session.begin(None, session.transcript)
            await one_turn(session, root)
        first, second, third = server.exchanges
        assert {exchange.connection for exchange in server.exchanges} == {1}
        assert "previous_response_id" not in second.body
        assert len(second.context) == len(first.context) == 1
        assert third.context[0] == second.context[0]
        assert [item["role"] for item in third.context] == ["user", "assistant", "developer", "user"]


async def test_tests_run_without_a_model_and_without_a_connection(root: Path) -> None:
    async with Loopback(Play(), models=["m"]) as server:
        async with Session(settings_for(server), os.environ, PYTEST) as session:
            assert await session.drifted() == ()
            report = await session.run_tests(Snapshot(root), TestRun())
            (root / "cart.py").write_text(BUGGY["cart.py"].replace("prices[1:]", "prices"))
            assert await session.drifted() == ("cart.py",)
            again = await session.run_tests(Snapshot(root), TestRun())
        assert not server.exchanges
    assert (report.failed, again.failed, again.passed) == (1, 0, 2)
