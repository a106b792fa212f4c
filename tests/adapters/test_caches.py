"""The caches of trees: one each, kept within a cap, never taken from a process that uses one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from patchwire.adapters import caches, state
from patchwire.adapters.caches import Cache

MEGABYTE = 2**20
DAY = 86_400.0


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of another module may lend these caches its age or size."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def filled(tree: Path, *, days_ago: float) -> Path:
    """A cache of one megabyte that was used so long ago."""
    cache = Cache.of(tree)
    (cache.files / "object").write_bytes(os.urandom(MEGABYTE))
    cache.release()
    then = time.time() - days_ago * DAY
    os.utime(cache.files.parent / "lock", (then, then))
    return cache.files


@contextmanager
def another_process_using(tree: Path) -> Iterator[None]:
    code = (
        "import sys; from pathlib import Path; from patchwire.adapters.caches import Cache; "
        "cache = Cache.of(Path(sys.argv[1])); print('uses it', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tree)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "uses it\n"
        yield
        process.kill()


def test_a_tree_has_a_cache_of_its_own_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    held = [Cache.of(tmp_path), Cache.of(tmp_path / "link"), Cache.of(tmp_path / "other")]
    assert held[0].files == held[1].files != held[2].files
    assert held[0].files.stat().st_mode & 0o777 == 0o700
    for cache in held:
        cache.release()
        cache.release()


def test_all_that_fits_and_was_used_lately_stays(tmp_path: Path) -> None:
    kept = [filled(tmp_path / name, days_ago=29) for name in "ab"]
    caches.sweep()
    assert all((files / "object").is_file() for files in kept)


def test_what_was_not_used_for_long_goes_alone(tmp_path: Path) -> None:
    old, young = filled(tmp_path / "old", days_ago=31), filled(tmp_path / "young", days_ago=1)
    caches.sweep()
    assert not old.parent.exists()
    assert (young / "object").is_file()


def test_the_least_recently_used_go_until_the_rest_fits(tmp_path: Path) -> None:
    files = [filled(tmp_path / str(days), days_ago=days) for days in (3, 1, 4, 2)]
    caches.sweep(most=2 * MEGABYTE + MEGABYTE // 2)
    assert [each.exists() for each in files] == [False, True, False, True]
    assert state.size(state.home()) < 3 * MEGABYTE
    caches.sweep(most=0)
    assert [each.name for each in (state.home() / "caches").iterdir()] == ["lock"]


def test_what_another_process_uses_stays_until_it_ends_however_it_ends(tmp_path: Path) -> None:
    used, idle = tmp_path / "used", tmp_path / "idle"
    files = filled(used, days_ago=90)
    with another_process_using(used):
        then = time.time() - 90 * DAY
        os.utime(files.parent / "lock", (then, then))
        other = filled(idle, days_ago=1)
        mine = Cache.of(used)
        mine.release()
        os.utime(files.parent / "lock", (then, then))
        caches.sweep(most=0)
        assert (files / "object").is_file()
        assert not other.exists()
    caches.sweep()
    assert not files.exists()


def test_letting_go_counts_as_use_and_what_runs_there_does_not(tmp_path: Path) -> None:
    cache = Cache.of(tmp_path)
    lock = cache.files.parent / "lock"
    os.utime(lock, (0, 0))
    (cache.files / "new").write_text("")
    assert lock.stat().st_mtime == 0
    cache.release()
    caches.sweep()
    assert (cache.files / "new").is_file()


def test_a_cache_is_never_lost_to_its_user_while_others_sweep(tmp_path: Path) -> None:
    code = "from patchwire.adapters import caches\nprint(flush=True)\nwhile True: caches.sweep(most=0, longest=0)"
    swept = 0
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as sweeper:
        try:
            assert sweeper.stdout is not None
            sweeper.stdout.readline()
            for _ in range(250):
                cache = Cache.of(tmp_path)
                swept += not (cache.files / "object").exists()
                (cache.files / "object").write_bytes(b"x")
                assert (cache.files / "object").read_bytes() == b"x"
                cache.release()
        finally:
            sweeper.kill()
    assert swept > 1, "it was never between them"


def test_what_stands_in_the_way_of_sweeping_is_left_alone(tmp_path: Path) -> None:
    caches.sweep()
    home = state.private(state.home() / "caches")
    (home / "stray").write_text("")
    (home / "dangling").symlink_to(tmp_path / "nowhere")
    (home / "before").mkdir()  # as a version without locks left it
    (home / "before" / "object").write_text("x")
    caches.sweep(most=0)
    assert sorted(each.name for each in home.iterdir()) == ["dangling", "lock", "stray"]
