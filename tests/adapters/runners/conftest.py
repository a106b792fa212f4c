"""What real runners have written, recorded, as if they had run in a tree of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """A recorded report as a file, and the root of the tree that it speaks of, with the files that it names."""

    def load(name: str, *files: str) -> tuple[Path, Path]:
        root = tmp_path / "tree"
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text("")
        report = tmp_path / name
        report.write_text((RECORDED / name).read_text("utf-8").replace("/tree", str(root)))
        return report, root

    return load
