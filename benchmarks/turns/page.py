"""Puts a benchmark's tables into `docs/performance.md`, between its own two markers."""

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def put(name: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Replace what stands between `<!-- NAME: begin -->` and its end. Raises ValueError where there are no markers."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text()
    fresh, count = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: "\n".join([begin, *lines, end]), text, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(f"{page} holds no place for {name}")
    page.write_text(fresh)
