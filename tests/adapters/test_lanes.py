"""Lanes that live on while the agent writes: at every level a warm run sees the very tree that a cold run sees."""

import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, Tree, needs

from patchwire.adapters import isolation, sandbox_probe
from patchwire.adapters.levels import Ground, Level
from patchwire.adapters.runners.command import Command, resolve
from patchwire.adapters.runners.suite import run_suite
from patchwire.adapters.shadow_git import Content
from patchwire.adapters.trials import Trials
from patchwire.adapters.written import Written

FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/cart.py": "TOTAL = 1\n",
    "shop/old.py": "OLD = 1\n",
    "shop/parts/nut.py": "",
    "data/run.sh": "true\n",
    "test_tree.py": (
        "import os, sys\n\n"
        "def test_tree():\n"
        "    from shop import cart\n"
        "    found = {}\n"
        "    for at, directories, names in os.walk('.'):\n"
        "        directories[:] = [name for name in directories if name[0] not in '._']\n"
        "        found[at] = None\n"
        "        for name in names:\n"
        "            path = os.path.join(at, name)\n"
        "            with open(path) as file:\n"
        "                found[path] = oct(os.stat(path).st_mode), file.read()\n"
        "    raise ValueError('%r' % [cart.TOTAL, sorted(found.items(), key=str)])\n\n"
        "def test_server():\n"
        "    assert 'colorsys' in sys.modules\n"
        "    with open('/proc/%d/stat' % os.getppid()) as file:\n"
        "        raise ValueError('started at ' + file.read().rpartition(')')[2].split()[19])\n\n"
        "def test_litter():\n"
        "    with open('left.txt', 'x'):\n"
        "        os.mkdir('litter')\n"
    ),
}


@dataclass
class House:
    """A level with what the agent writes, and its lanes, without the workspace that decides when they are worth it."""

    level: Level
    command: Command

    def __post_init__(self) -> None:
        self.level.begin(threading.Event())
        self.written = Written(self.level.files)
        self.trials = Trials(self.level.scratch)

    async def warm(self, test: str, modules: Iterable[str] = ("colorsys",)) -> str | None:
        """What a test says in a warm pytest; None if there was none to be had."""
        report = await self.trials.run_targets(
            self.command,
            [f"test_tree.py::{test}"],
            modules=list(modules),
            written=self.written.current(),
            files=list(FILES),
            seconds=30,
        )
        return None if report is None else _said([result.message for result in report.results])

    async def cold(self, test: str) -> str:
        """The same in a process of its own."""
        with self.level.run(()) as run:
            ran = await run_suite(self.command, run.place, 30, targets=[f"test_tree.py::{test}"])
        return _said([result.message for result in ran.report.results])


def _said(messages: list[str]) -> str:
    (message,) = messages
    return next((line for line in message.splitlines() if line.startswith("E ")), message)


@pytest.fixture(params=["overlay", "bind", "container", "copy"])
async def house(
    request: pytest.FixtureRequest, tree: Tree, environment: dict[str, str], tmp_path: Path
) -> AsyncIterator[House]:
    needs(request.param)
    root, private = tree(FILES, repository=False), tmp_path / "private"
    private.mkdir()
    machine, wish = sandbox_probe.probe(), isolation.Wish(request.param)
    chosen = isolation.choose(wish, machine, root)
    level = isolation.make(chosen, machine, wish.grants, Ground(root, private, environment), ())
    made = House(level, resolve(LEAN, root, environment))
    yield made
    await made.trials.aclose()
    level.close()


WRITES: dict[str, Mapping[str, str | None]] = {
    "an edit": {"shop/cart.py": "TOTAL = 2\n"},
    "an edit of the same size, once more": {"shop/cart.py": "TOTAL = 3\n"},
    "a new file": {"shop/new.py": "NEW = 1\n"},
    "a new file in a new directory": {"more/deep/new.py": "NEW = 1\n"},
    "what was new is gone": {"shop/new.py": None, "more/deep/new.py": None},
    "a file is gone": {"shop/old.py": None},
    "a rename": {"data/run.sh": None, "data/go.sh": "true\n"},
    "a directory is gone": {"shop/parts/nut.py": None},
    "and is a file": {"shop/parts": "one\n"},
    "what was gone is back": {"shop/old.py": "OLD = 2\n"},
}


async def test_after_every_write_a_warm_run_sees_what_a_cold_run_sees(house: House) -> None:
    seen = []
    for name, files in WRITES.items():
        house.written.write(files)
        warm = await house.warm("test_tree")
        assert warm is not None, name
        assert warm == await house.cold("test_tree"), name
        seen.append(warm)
    assert "ValueError: [2, " in seen[0]
    assert "ValueError: [3, " in seen[1]
    assert ["./shop/old.py" in each for each in seen] == [True] * 5 + [False] * 4 + [True]
    house.written.take({"shop/old.py": Content(b"OLD = 2\n", "100755")})
    assert await house.warm("test_tree") == await house.cold("test_tree") != seen[-1]


async def test_an_edit_and_a_new_file_leave_the_warm_pytest_alive(house: House) -> None:
    started = await house.warm("test_server")
    assert started is not None
    assert "started at" in started
    for number in range(3):
        house.written.write({"shop/cart.py": f"TOTAL = {number}\n", f"shop/new_{number}.py": ""})
        assert await house.warm("test_server") == started
    house.written.write({"shop/new_1.py": None})
    assert await house.warm("test_server") == started
    house.written.write({"conftest.py": ""})
    assert await house.warm("test_server") != started


async def test_what_may_hide_an_imported_module_is_for_a_cold_run_to_tell(house: House) -> None:
    assert await house.warm("test_server") is not None
    house.written.write({"colorsys.py": ""})
    assert await house.warm("test_server") is None


async def test_a_layer_that_a_run_has_littered_is_not_used_again(house: House) -> None:
    if not house.level.live:
        pytest.skip("cold runs in a copy see what runs have left, too")
    assert [await house.warm("test_litter") for _ in range(2)] == [await house.cold("test_litter")] * 2


async def test_what_the_agent_writes_changes_nothing_below_a_living_lane(house: House, tmp_path: Path) -> None:
    house.written.write({"shop/cart.py": "TOTAL = 2\n", "shop/old.py": None})
    assert await house.warm("test_server") is not None
    if not house.level.live:
        pytest.skip("nothing is mounted over a copy")
    (frozen,) = (tmp_path / "private/runs").glob("*/agent")
    before = {str(path): path.lstat().st_mtime_ns for path in frozen.rglob("*")}
    assert len(before) == 3
    house.written.write({"shop/cart.py": "TOTAL = 3\n", "shop/old.py": "OLD = 2\n", "shop/new.py": ""})
    assert before == {str(path): path.lstat().st_mtime_ns for path in frozen.rglob("*")}
    assert (frozen / "shop/cart.py").read_text() == "TOTAL = 2\n"
