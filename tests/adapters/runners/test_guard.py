"""Whether a run wrote to what it is measured by."""

import os
from pathlib import Path

from patchwire.adapters.runners.guard import Guard


def test_what_was_written_replaced_or_removed_is_seen(tmp_path: Path) -> None:
    paths = ["test_a.py", "test_b.py", "test_c.py", "conftest.py", "a.py", "tests/data.json"]
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("one")
    guard = Guard(tmp_path, [*paths, "test_new.py"])
    assert guard.changed() == ()
    before = (tmp_path / "test_b.py").stat()
    (tmp_path / "test_b.py").write_text("two")
    os.utime(tmp_path / "test_b.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "test_c.py").unlink()
    (tmp_path / "test_new.py").write_text("new")
    (tmp_path / "a.py").write_text("product")
    (tmp_path / "tests/data.json").write_text("data")
    assert guard.changed() == ("test_b.py", "test_c.py", "test_new.py")
