"""The warm pytest by itself: what it imports beforehand, and when it declines."""

import os
import sys
from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN

from patchwire.adapters.runners.command import resolve
from patchwire.adapters.runners.place import Place
from patchwire.adapters.warm import NotWarm, WarmPytest
from patchwire.task import Verdict


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("copy/tree", "original", "library"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "copy/tree/test_a.py").write_text("import sys\n\ndef test_a(): assert 'heavy' in sys.modules\n")
    (tmp_path / "library/heavy.py").write_text("X = 1\n")
    (tmp_path / "library/threads.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    (tmp_path / "copy/tree/own_plugin.py").write_text("")
    environment = {
        "PATH": os.environ["PATH"],
        "VIRTUAL_ENV": sys.prefix,
        "PYTHONPATH": str(tmp_path / "library"),
    }
    return Place(tmp_path / "copy/tree", tmp_path / "original", tmp_path / "copy", environment)


async def start(place: Place, *modules: str, command: str = LEAN) -> WarmPytest:
    return await WarmPytest.start(resolve(command, place.original, place.environment), place, modules, early=False)


async def test_modules_are_imported_beforehand_and_what_cannot_be_is_passed_over(place: Place) -> None:
    server = await start(place, "heavy", "no_such_module")
    try:
        ran = await server.run(targets=(), most_failures=None, seconds=20, cpu_seconds=20)
        assert ran.report.verdict is Verdict.PASSED
        assert 0 < ran.cpu < 20
        ran = await server.run(targets=("test_a.py::nowhere",), most_failures=None, seconds=20, cpu_seconds=20)
        assert ran.report.verdict is Verdict.INCONCLUSIVE
    finally:
        await server.aclose()
    with pytest.raises(NotWarm):
        await server.run(targets=(), most_failures=None, seconds=20, cpu_seconds=20)


@pytest.mark.parametrize(
    ("modules", "command", "why"),
    [
        (("threads",), LEAN, "started threads"),
        ((), f"{LEAN} -p own_plugin", "module of the tree was imported: own_plugin"),
        ((), f"{LEAN} --no-such-option", "exit code 4"),
        ((), LEAN.replace("python -m", "python -B -m"), "which interpreter"),
        ((), LEAN.replace("python", "/no/such/python"), "has ended|does not answer"),
    ],
)
async def test_it_declines_where_forks_would_not_be_like_fresh_processes(
    place: Place, modules: tuple[str, ...], command: str, why: str
) -> None:
    with pytest.raises(NotWarm, match=why):
        await start(place, *modules, command=command)
