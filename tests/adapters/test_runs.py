"""Runs of the tests: a run that writes to what it is measured by is seen at every level, and leaves nothing changed."""

from pathlib import Path

import pytest
from tests.adapters.conftest import LEAN, Tree, needs

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import IsolatedWorkspace, open_workspace
from patchwire.ports import TestRun
from patchwire.task import Buffer, Snapshot, Verdict

FAILING = "def test_z(): assert False\n"
DEEDS = {
    "rewrites": ("here('test_z.py').write_text('def test_z(): pass\\n')", ("test_z.py",)),
    "writes a buffer's": ("here('test_y.py').write_text('def test_y(): pass\\n')", ("test_y.py",)),
    "deletes": ("here('test_z.py').unlink()", ("test_z.py",)),
    "replaces a directory": (
        "import shutil; shutil.rmtree(here('tests')); here('tests').mkdir()",
        ("tests/test_x.py",),
    ),
    "makes a new one": ("here('test_new.py').write_text('def test_new(): pass\\n')", ()),
    "writes data": ("here('tests/x.snap').write_text('new')", ()),
    "writes no test": ("here('other.py').write_text('X = 2\\n')", ()),
}


@pytest.fixture(params=["overlay", "bind", "copy"])
def level(request: pytest.FixtureRequest) -> str:
    needs(request.param)
    return str(request.param)


async def opened(root: Path, environment: dict[str, str], level: str) -> IsolatedWorkspace:
    snapshot = Snapshot(root, (Buffer("test_y.py", "def test_y(): assert 0 == 1\n", 1),))
    return await open_workspace(snapshot, test_command=LEAN, environment=environment, wish=Wish(level))


@pytest.mark.parametrize("deed", DEEDS)
async def test_what_a_run_does_to_its_tests_is_told(
    tree: Tree, environment: dict[str, str], level: str, deed: str
) -> None:
    code, expected = DEEDS[deed]
    source = f"from pathlib import Path\nhere = Path(__file__).parent.joinpath\n{code}\n"
    root = tree(
        {
            "m.py": source,
            "other.py": "X = 1\n",
            "test_a.py": "import m\ndef test_a(): pass\n",
            "test_y.py": "",
            "test_z.py": FAILING,
            "tests/x.snap": "",
            "tests/test_x.py": FAILING,
        }
    )
    async with await opened(root, environment, level) as workspace:
        for _ in range(2):
            report = await workspace.run_tests(TestRun())
            assert report.turned == expected
            assert (await workspace.read("test_z.py")).text == FAILING
            assert "0 == 1" in (await workspace.read("test_y.py")).text
            assert await workspace.patch() == b""
        assert report.verdict is Verdict.FAILED
    assert (root / "test_z.py").read_text() == FAILING
