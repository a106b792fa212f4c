"""What the user is asked before anything runs: once, and never where there is nothing to choose."""

from pathlib import Path
from typing import Any

import pytest

from patchwire.adapters.approvals import Approvals
from patchwire.adapters.connections import Connections
from patchwire.lsp.consent import Consent, Refused
from patchwire.lsp.progress import Bar
from patchwire.lsp.roots import Root, Work
from patchwire.task import Budget, Isolation


class User:
    def __init__(self, *answers: str | None) -> None:
        self.answers, self.asked = list(answers), []
        self.events: list[dict[str, Any]] = []

    async def choose(self, question: str, *answers: str, warning: bool = False) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0)

    def event(self, event: dict[str, Any]) -> None:
        self.events.append(event)

    def progress(self, token: int | str, value: Any) -> None: ...


def consent(user: User, where: Path, *, trusted: bool = True, chosen: str = "auto") -> Consent:
    return Consent(user, lambda: trusted, lambda: chosen, {}, Approvals(lambda: where / "approvals.json"))


def root(path: Path) -> Root:
    (path / "shop").mkdir(exist_ok=True)
    (path / "shop" / "Makefile").write_text("test:\n\techo fine\n")
    return Root(path / "shop", Connections(), lambda name: None)


def test_in_a_workspace_that_is_not_trusted_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not trusted") as refused:
        consent(User(), tmp_path, trusted=False).check_trust()
    assert refused.value.reason == "untrusted"
    consent(User(), tmp_path).check_trust()


async def test_a_command_that_was_found_is_approved_once_and_for_all(tmp_path: Path) -> None:
    user = User(None, "Go on")
    with pytest.raises(Refused, match="did not agree") as refused:
        await consent(user, tmp_path).to_command(root(tmp_path))
    assert refused.value.reason == "not_approved"
    await consent(user, tmp_path).to_command(root(tmp_path))
    await consent(user, tmp_path).to_command(root(tmp_path))
    assert user.asked == ["shop: run the tests with `make test`, which Makefile tells of?"] * 2


async def test_what_runs_says_that_it_waits_for_the_answer(tmp_path: Path) -> None:
    user, shop = User("Go on"), root(tmp_path)
    shop.works.append(Work("7", shop, "Run the tests", Bar(user, 1, Budget())))
    await consent(user, tmp_path).to_command(shop)
    head = {"root": shop.uri, "turn": "7", "kind": "asking"}
    assert user.events == [head | {"question": user.asked[0]}, head | {"question": None}]


async def test_a_command_that_does_something_else_now_is_asked_for_again(tmp_path: Path) -> None:
    user = User("Go on", "Go on")
    shop = root(tmp_path)
    await consent(user, tmp_path).to_command(shop)
    (shop.path / "Makefile").write_text("test:\n\trm -rf /\n")
    await consent(user, tmp_path).to_command(shop)
    assert len(user.asked) == 2


async def test_without_tests_there_is_nothing_to_approve(tmp_path: Path) -> None:
    shop = root(tmp_path)
    (shop.path / "Makefile").unlink()
    await consent(User(), tmp_path).to_command(shop)


async def test_an_isolation_that_could_be_better_is_asked_for_once(tmp_path: Path) -> None:
    user, shop = User("Not now", "Go on"), root(tmp_path)
    asks = consent(user, tmp_path)
    await asks.to_isolation(shop, Isolation("overlay", "the best there is"))
    weak = Isolation("copy", "a private copy", best=False)
    await consent(user, tmp_path, chosen="copy").to_isolation(shop, weak)
    with pytest.raises(Refused):
        await asks.to_isolation(shop, weak)
    await asks.to_isolation(shop, weak)
    await asks.to_isolation(shop, weak)
    await consent(user, tmp_path).to_isolation(root(tmp_path), weak)  # another start of the server
    assert user.asked == ["shop: the tests would run in a private copy. Run them like this?"] * 2


async def test_where_nothing_can_be_written_down_an_answer_holds_for_this_start(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no directory")
    user, shop, weak = User("Go on", "Go on", "Go on"), root(tmp_path), Isolation("copy", "a private copy", best=False)
    for _ in range(2):
        asks = consent(user, tmp_path / "state")
        await asks.to_isolation(shop, weak)
        await asks.to_command(shop)
    await consent(user, tmp_path / "state").to_isolation(root(tmp_path), weak)
    assert len(user.asked) == 3
