"""Puts a table between its markers in docs/offline-model.md."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "offline-model.md"


def put(name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    page = PAGE.read_text()
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    assert pattern.search(page), f"no markers for {name}"
    PAGE.write_text(pattern.sub(lambda match: f"{match[1]}{text}\n{match[2]}", page))
