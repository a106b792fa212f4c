"""The other commands, and what is asked of whom: places, settings, sessions, keys, trust."""

import asyncio
from pathlib import Path

from lsprotocol import types
from tests.lsp.stage import QUICK, WRITE, scripted, sitting
from tests.lsp.test_turns import asked
from tests.stage import BUGGY, repository

from patchwire.loopback.play import call, say


def span(first: int, last: int) -> dict:
    return {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}


async def test_a_comment_is_done(root: Path) -> None:
    async with scripted(root, say("Done.")) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        desk.editor.type(uri, 0, 0, "# patchwire: add a docstring\n")
        (lens,) = [lens for lens in await desk.lenses("cart.py") if lens.command.command == "patchwire.doComment"]
        await desk.run(lens)
        said = asked(desk)
        assert "<focus>\ncart.py, lines 1-1\n</focus>" in said
        assert "add a docstring" in said
        nowhere = await desk.execute("doComment", uri=uri, range=span(3, 4))
        assert "no comment here" in nowhere["message"]


async def test_a_diagnostic_is_mended(root: Path) -> None:
    async with scripted(root, say("Done."), say("Done.")) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        mark = types.Diagnostic(
            types.Range(types.Position(2, 4), types.Position(2, 9)), "slice drops an item", code="X1", source="lint"
        )
        desk.client.diagnostics[uri] = [mark]
        (action,) = [one for one in await desk.actions("cart.py", 2) if "slice drops" in one.title]
        assert action.kind == "refactor.rewrite.patchwire"
        await desk.run(action)
        assert "cart.py, line 3:\n<diagnostic>\nlint X1: slice drops an item\n</diagnostic>" in asked(desk)
        await desk.execute("runTests")
        await desk.execute("fixDiagnostic", uri=desk.uri("test_cart.py"), range=span(4, 5))
        assert "patchwire test_cart.py::test_total" in asked(desk)
        none = await desk.execute("fixDiagnostic", uri=uri, range=span(0, 1))
        assert none["reason"] == "settings"


async def test_a_selection_is_edited_and_the_user_asked_what_to_do(root: Path) -> None:
    async with scripted(root, say("Done.")) as desk:
        uri = desk.uri("cart.py")
        desk.editor.open(uri)
        desk.texts += [None, "use sum()"]
        assert "instruction" in (await desk.execute("editSelection", uri=uri, range=span(1, 5)))["message"]
        await desk.execute("editSelection", uri=uri, range=span(1, 5))
        assert "<focus>\ncart.py, lines 2-5\n</focus>" in asked(desk)
        assert "use sum()" in asked(desk)


async def test_no_action_is_a_quick_fix_and_what_is_wanted_is_what_comes(root: Path) -> None:
    async with scripted(root, WRITE, say("Done.")) as desk:
        desk.editor.open(desk.uri("cart.py"))
        desk.editor.open(desk.uri("test_cart.py"))
        anywhere = [action.title for action in await desk.actions("cart.py", 0)]
        assert anywhere == ["Fix failing tests with Patchwire", "Run the tests with Patchwire"]
        await desk.execute("fixTests")
        here = await desk.actions("cart.py", 2)
        assert [action.title for action in here][:3] == ["Apply this change", "Discard this change", "Show the change"]
        assert not [action for action in here if str(action.kind).startswith("quickfix")]
        assert [action.title for action in await desk.actions("cart.py", 2, ["quickfix"])] == []
        source = await desk.actions("cart.py", 2, ["source"])
        assert {action.kind for action in source} == {"source.patchwire"}
        failing = await desk.actions("test_cart.py", 4)
        assert failing[0].title == "Fix with Patchwire: test_cart.py::test_total"
        assert "Apply all of the change (1 file)" in [action.title for action in failing]


async def test_sessions_are_listed_and_taken_up(root: Path) -> None:
    async with scripted(root, WRITE, say("One."), say("Two.")) as desk:
        first = await desk.execute("fixTests", instruction="Fix the cart.")
        await desk.execute("setModel", model="another")
        listed = await desk.execute("listSessions", uri=root.as_uri())
        assert [(one["id"], one["task"], one["status"]) for one in listed["sessions"]] == [
            (first["session"], "Fix the cart.", "done")
        ]
        await desk.execute("setModel")
        again = await desk.execute("resumeSession", session=first["session"], instruction="Go on.")
        assert again["message"].endswith("Two.")
        assert again["session"] == first["session"]
        assert [item["role"] for item in desk.service.exchanges[-1].context if item["type"] == "message"][-2:] == [
            "developer",
            "user",
        ]
        assert again["change"] is not None, "what waited still waits"
        await desk.execute("discardChange")
        none = await desk.execute("resumeSession", session="20000101-000000-abcdef")
        assert "no session" in none["message"]


async def test_what_waited_waits_again_when_another_server_takes_the_session_up(root: Path) -> None:
    async with scripted(root, WRITE, say("One."), environment=QUICK) as desk:
        outcome = await desk.execute("fixTests")
    (root / "cart.py").write_text("# mine\n" + BUGGY["cart.py"])
    async with scripted(root, say("Two."), say("Three."), environment=QUICK) as desk:
        again = await desk.execute("resumeSession", session=outcome["session"])
        assert [file["path"] for file in again["change"]["files"]] == ["cart.py"]
        await desk.execute("discardChange")
    async with scripted(root, say("Four."), environment=QUICK) as desk:
        again = await desk.execute("resumeSession", session=outcome["session"])
        assert again["change"] is None, "the user had decided"


async def test_a_command_that_was_found_is_approved_in_the_editor(root: Path) -> None:
    async with scripted(root, editor="neovim", environment={"PATCHWIRE_TEST": ""}) as desk:
        desk.answers += ["Not now", "Go on"]
        refused = await desk.execute("runTests")
        assert (refused["status"], refused["reason"]) == ("failed", "not_approved")
        question = desk.read(types.WINDOW_SHOW_MESSAGE_REQUEST)
        assert question.message == "shop: run the tests with `python -m pytest`, which test_cart.py tells of?"
        desk.read(types.WINDOW_SHOW_MESSAGE)
        assert "tests" in await desk.execute("runTests")
        desk.read(types.WINDOW_SHOW_MESSAGE_REQUEST)
        desk.read(types.WINDOW_SHOW_MESSAGE)
        assert "tests" in await desk.execute("runTests")
        desk.read(types.WINDOW_SHOW_MESSAGE)


async def test_a_patch_is_in_the_journal(root: Path) -> None:
    async with scripted(root, WRITE, say("Done."), environment=QUICK) as desk:
        outcome = await desk.execute("fixTests")
    (file,) = (root.parent / "state").rglob(f"{outcome['session']}.jsonl")
    assert "+    for price in prices:" in file.read_text()


async def test_trust_is_asked_for_by_nobody_and_given_by_the_user(root: Path) -> None:
    options = {"trusted": False}
    async with scripted(root, say("Done."), options=options, configuration={"model": "gpt-6-luna"}) as desk:
        refused = await desk.execute("fixTests")
        assert (refused["status"], refused["reason"]) == ("failed", "untrusted")
        assert (await desk.execute("runTests"))["reason"] == "untrusted"
        assert (await desk.execute("status"))["model"] != "gpt-6-luna"
        assert not desk.service.exchanges
        await desk.execute("setTrust", trusted=True)
        assert (await desk.execute("fixTests", instruction="Hello."))["status"] == "no_change"


async def test_taking_trust_away_ends_what_runs(root: Path) -> None:
    (root / "test_hang.py").write_text("import time\n\n\ndef test():\n    time.sleep(600)\n")
    async with scripted(root, call("run_tests", targets=None, trace=False), say("Never.")) as desk:
        running = asyncio.ensure_future(desk.execute("fixTests"))
        await desk.event("toolStarted")
        await desk.execute("setTrust", trusted=False)
        assert (await running)["status"] == "cancelled"


async def test_nothing_is_sent_before_the_first_command_that_needs_it(root: Path) -> None:
    async with scripted(root, say("Done.")) as desk:
        desk.editor.open(desk.uri("cart.py"))
        await desk.lenses("cart.py")
        await desk.actions("cart.py", 0)
        await desk.execute("status")
        await desk.execute("runTests")
        assert not desk.service.exchanges
        await desk.execute("fixTests", instruction="Hello.")
        assert desk.service.exchanges


async def test_settings_come_from_the_configuration(root: Path) -> None:
    async with scripted(root, say("Done."), configuration={"model": "gpt-6-sol", "effort": "low"}) as desk:
        await desk.execute("fixTests", instruction="Hello.")
        body = desk.service.exchanges[-1].body
        assert (body["model"], body["reasoning"]["effort"]) == ("gpt-6-sol", "low")
        desk.client.set_configuration("gpt-6-luna", section="patchwire.model")
        desk.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
        assert (await desk.execute("setModel", effort="high"))["status"] == "ok"
        status = await desk.execute("status")
        assert (status["model"], status["effort"], status["trusted"]) == ("gpt-6-luna", "high", True)
        assert "gpt-6-luna" in [model["name"] for model in status["models"]]
        wrong = await desk.execute("setModel", model="gpt-6-luna", effort="enormous")
        assert (wrong["status"], wrong["reason"]) == ("failed", "settings")


async def test_settings_may_be_pushed(root: Path) -> None:
    async with scripted(root, editor="emacs") as desk:
        pushed = {"patchwire": {"model": "pushed"}}
        desk.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=pushed))
        assert (await desk.execute("status"))["model"] in ("pushed", "gpt-6.2-sol")


async def test_a_key_is_given_and_tried(root: Path) -> None:
    async with scripted(root, say("Done."), environment={"OPENAI_API_KEY": ""}) as desk:

        async def request(method: str, params: object) -> str:
            answer = await desk.client.protocol.send_request_async(f"patchwire/{method}", params)
            return f"{answer.status}: {answer.message}"

        assert (await request("testKey", {})).startswith("failed: There is no API key")
        assert (await request("setKey", {"key": "sk-wrong"})) == "ok: The key is kept in memory."
        assert (await request("testKey", {})).startswith("failed: ")
        assert (await request("setKey", {"key": desk.service.token})).startswith("ok")
        assert (await request("testKey", {})) == f"ok: {desk.service.base_url} accepts the key."
        assert not desk.service.exchanges
        assert (await desk.execute("fixTests", instruction="Hello."))["status"] == "no_change"
        assert (await request("setKey", {"key": 7})).startswith("failed")
        assert (await request("setKey", {"key": None})) == "ok: The key is forgotten."
        assert (await desk.execute("fixTests"))["reason"] == "settings"


async def test_no_folder_is_said(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", BUGGY)
    async with sitting(root, "neovim", environment={"PATCHWIRE_OFFLINE": "1"}, folders=[]) as desk:
        outcome = await desk.execute("fixTests")
        assert (outcome["status"], outcome["reason"]) == ("failed", "root")
        assert desk.read(types.WINDOW_SHOW_MESSAGE).message.startswith("No folder is open")
