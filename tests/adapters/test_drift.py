"""Changes on disk, told from times that nobody can set."""

import os
from pathlib import Path

from patchwire.adapters import drift


def test_what_changed_after_the_moment_is_told_even_where_its_time_was_set_back(tmp_path: Path) -> None:
    names = ["a", "b", "gone", "same"]
    for name in names:
        (tmp_path / name).write_text(name)
    then = drift.moment(tmp_path)
    while drift.moment(tmp_path) == then:
        pass  # the file system's clock ticks in milliseconds
    (tmp_path / "a").write_text("other")
    (tmp_path / "b").write_text("other")
    os.utime(tmp_path / "b", (0, 0))
    (tmp_path / "gone").unlink()
    (tmp_path / "new").write_text("")
    assert drift.changed_since(tmp_path, then, names, ["a", "b", "same", "new"]) == ["a", "b", "gone", "new"]
    assert drift.changed_since(tmp_path, then, names, names) == ["a", "b", "gone"]
