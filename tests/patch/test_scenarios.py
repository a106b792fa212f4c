"""The scenarios: directories that any implementation in any language could be held to.

Each holds `input/` (the files), `patch` (what a model wrote) and either `expected/` (all the files afterwards) or
`refused` (a phrase a line, each of which the refusal must hold).
"""

from pathlib import Path

import pytest

from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

ROOT = Path(__file__).parent / "scenarios"
SCENARIOS = sorted(path.name for path in ROOT.iterdir() if path.is_dir())


def files(directory: Path) -> dict[str, str]:
    found = (path for path in directory.rglob("*") if path.is_file() and path.name != ".gitkeep")
    return {path.relative_to(directory).as_posix(): path.read_bytes().decode("utf-8") for path in found}


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 50


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    scenario = ROOT / name
    before, patch = files(scenario / "input"), (scenario / "patch").read_bytes().decode("utf-8")
    if (scenario / "refused").exists():
        with pytest.raises(PatchRefused) as refused:
            apply_text(patch, before)
        for phrase in (scenario / "refused").read_text("utf-8").splitlines():
            assert phrase in str(refused.value)
        return
    after = {**before, **apply_text(patch, before)}
    assert {path: text for path, text in after.items() if text is not None} == files(scenario / "expected")
