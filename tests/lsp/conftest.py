"""What the tests of the language server begin with."""

from pathlib import Path

import pytest
from tests.stage import repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a failing test."""
    return repository(tmp_path / "shop")
