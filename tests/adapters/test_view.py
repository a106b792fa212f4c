"""What is seen of a tree: its files now, what the user saved meanwhile, and what shows through beside the agent's."""

import threading
from pathlib import Path

import pytest
from tests.adapters.conftest import Tree, needs

from patchwire.adapters import isolation, sandbox_probe, state
from patchwire.adapters.isolation import Wish
from patchwire.adapters.levels import Ground
from patchwire.adapters.view import View
from patchwire.errors import ToolError
from patchwire.task import Buffer


def put(root: Path, path: str, text: str) -> None:
    (root / path).write_text(text)


async def viewed(root: Path, private: Path, level: str, *buffers: Buffer) -> View:
    needs(level)
    state.private(private)
    machine, wish = sandbox_probe.probe(), Wish(level)
    chosen = isolation.choose(wish, machine, root)
    view = View(isolation.make(chosen, machine, wish.grants, Ground(root, private, {}), ()), root, private)
    view.begin(threading.Event())
    await view.lay(buffers)
    return view


@pytest.mark.parametrize("level", ["overlay", "copy"])
async def test_the_files_are_the_trees_the_buffers_and_the_agents(tree: Tree, tmp_path: Path, level: str) -> None:
    view = await viewed(tree({"a": "a", "b": "b"}), tmp_path / "own", level, Buffer("unsaved", "u", 1))
    view.written.write({"a": None, "new": "n"})
    assert await view.files() == {"b", "unsaved", "new"}
    assert [view.is_there(path) for path in ("a", "b", "unsaved", "new")] == [False, True, True, True]
    view.level.close()


@pytest.mark.parametrize("level", ["overlay", "copy"])
async def test_what_the_user_saves_is_drift_unless_it_is_what_was_laid(tree: Tree, tmp_path: Path, level: str) -> None:
    root = tree({"a": "a", "b": "b"})
    view = await viewed(root, tmp_path / "own", level, Buffer("b", "saved later", 1))
    assert await view.drifted() == ()
    assert not await view.shows_through()
    (root / "b").write_text("saved later")
    assert await view.drifted() == ()
    (root / "a").write_text("other")
    assert await view.drifted() == ("a",)
    assert await view.shows_through() is view.level.live
    assert not await view.shows_through(), "it is asked what was saved since"
    assert await view.drifted() == ("a",)
    view.level.close()


async def test_what_a_run_wrote_is_put_back_from_where_it_came(tree: Tree, tmp_path: Path) -> None:
    view = await viewed(tree({"a": "a", "b": "b", "c": "c"}), tmp_path / "own", "copy", Buffer("b", "buffer", 1))
    view.written.write({"c": "agent's"})
    before = {path: view.level.files.load(path) for path in "abc"}
    for path in "abc":
        put(Path(view.level.roots.root), path, "a run's")
    view.restore("abc")
    assert {path: view.level.files.load(path) for path in "abc"} == before
    view.level.close()


async def test_what_is_hidden_cannot_be_written(tree: Tree, tmp_path: Path) -> None:
    view = await viewed(tree({".env": "KEY=1", "a": "a"}), tmp_path / "own", "copy")
    assert view.writable("./a") == "a"
    with pytest.raises(ToolError):
        view.writable(".env")
    view.level.close()
