"""The journal's file: who may read it, what is never in it, when it ends, and what is left after a crash."""

import json
import logging
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patchwire.adapters.journal import MAX_AGE_SECONDS, JournalFile, NoJournal, directory, load, new_id, sessions
from patchwire.errors import SettingsError

ID = "20261122-120000-abc123"


def written(where: Path, *notes: tuple[str, dict], session: str = ID, **options: object) -> Path:
    journal = JournalFile(session, where=lambda: where, **options)
    for kind, fields in (("session", {"root": "/work", "model": "m"}), *notes):
        journal.note(kind, **fields)
    journal.close()
    journal.close()
    return where / f"{session}.jsonl"


def item(text: str) -> tuple[str, dict]:
    return "item", {"item": {"type": "message", "text": text}}


def test_nothing_is_made_before_the_first_line(tmp_path: Path) -> None:
    JournalFile(ID, where=lambda: tmp_path / "s").close()
    NoJournal().note("item", item={})
    assert not (tmp_path / "s").exists()


def test_it_is_the_user_s_alone_and_says_its_version(tmp_path: Path) -> None:
    path = written(tmp_path / "s", item("Grüße \ud800"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    head, line = (json.loads(raw) for raw in path.read_text().splitlines())
    assert (head["kind"], head["schema"], head["root"]) == ("session", 1, "/work")
    assert line["item"]["text"] == "Grüße \ud800"
    assert line["at"] > 1.7e9


def test_the_key_is_not_in_it_wherever_it_came_from(tmp_path: Path) -> None:
    path = written(tmp_path, item("export KEY=sk-secret-1"), secret=lambda: "sk-secret-1")
    assert "sk-secret-1" not in path.read_text()
    assert "export KEY=…" in load(tmp_path, ID).items[0]["text"]


@pytest.mark.parametrize("placeholder", ["0", "item", "test", "no-key-needed"])
def test_a_key_that_is_none_spoils_nothing(placeholder: str, tmp_path: Path) -> None:
    """Local servers take any word for a key."""
    written(tmp_path, item(f"run the test {placeholder}"), secret=lambda: placeholder)
    assert load(tmp_path, ID).items[0]["text"] == f"run the test {placeholder}"


def test_what_another_process_has_removed_meanwhile_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "20200101-000000-abcdef.jsonl").symlink_to(tmp_path / "gone")
    written(tmp_path, item("one"))
    assert load(tmp_path, ID).items


def test_it_does_not_grow_past_its_limit(tmp_path: Path) -> None:
    path = written(tmp_path, *[item("x" * 100)] * 50, max_bytes=1_000)
    assert path.stat().st_size < 1_100
    assert json.loads(path.read_text().splitlines()[-1]) == {"kind": "full"}
    assert load(tmp_path, ID).items


def test_what_is_old_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    old = written(tmp_path, session="20250101-000000-aaaaaa")
    mine = written(tmp_path)
    for path in (old, mine):
        os.utime(path, (0, path.stat().st_mtime - MAX_AGE_SECONDS - 60))
    written(tmp_path, item("more"))
    assert not old.exists()
    assert mine.exists()


def test_a_disk_that_takes_nothing_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        written(tmp_path / "file" / "s", item("lost"))
    assert "the session is not written down" in caplog.text


def test_a_session_is_read_back(tmp_path: Path) -> None:
    written(
        tmp_path,
        ("turn", {"prompt": "Fix it."}),
        item("one"),
        ("window", {"items": [{"type": "compaction"}]}),
        item("two"),
        ("tool", {"name": "search"}),
        ("outcome", {"status": "done", "message": "Done."}),
        ("turn", {"prompt": "And now?"}),
    )
    session = load(tmp_path, ID)
    assert (session.id, session.root, session.model) == (ID, "/work", "m")
    assert (session.prompt, session.status) == ("And now?", "")
    assert session.items == ({"type": "compaction"}, {"type": "message", "text": "two"})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=0))
def test_after_a_crash_it_is_good_up_to_its_last_whole_line(tmp_path: Path, cut: int) -> None:
    where = tmp_path / str(cut)
    path = written(where, *[item(str(number)) for number in range(5)])
    raw = path.read_bytes()
    path.write_bytes(raw[: cut % (len(raw) + 1)])
    whole = path.read_bytes().count(b"\n")
    if whole:
        assert len(load(where, ID).items) == whole - 1
        journal = JournalFile(ID, where=lambda: where)
        journal.note("item", item={"text": "after"})
        journal.close()
        assert load(where, ID).items[-1] == {"text": "after"}
        assert len(load(where, ID).items) == whole
    else:
        assert sessions(where) == []


def test_sessions_are_listed_latest_first_and_strangers_are_not(tmp_path: Path) -> None:
    assert sessions(tmp_path / "nowhere") == []
    written(tmp_path, session="20261122-120000-aaaaaa")
    written(tmp_path, session="20261122-130000-bbbbbb")
    (tmp_path / "20261122-140000-cccccc.jsonl").write_text('{"kind":"session","schema":99}\n')
    (tmp_path / "notes.jsonl").write_text("[]\n")
    assert [session.id[9:11] for session in sessions(tmp_path)] == ["13", "12"]


@pytest.mark.parametrize("session", ["", "../../etc/passwd", "20261122-120000-ffffff", "a/b"])
def test_a_session_that_is_none_is_named(tmp_path: Path, session: str) -> None:
    with pytest.raises(SettingsError, match="patchwire sessions"):
        load(tmp_path, session)


def test_ids_are_made_to_be_read_back(tmp_path: Path) -> None:
    written(tmp_path, session=new_id())
    assert len(sessions(tmp_path)) == 1
    assert directory().name == "sessions"


def test_a_patch_waits_until_the_user_has_decided(tmp_path: Path) -> None:
    left = ("outcome", {"status": "done", "patch": "--- a\n"})
    written(tmp_path, left)
    assert load(tmp_path, ID).patch == "--- a\n"
    written(tmp_path, left, ("decided", {}), session="20261122-120000-abc124")
    assert load(tmp_path, "20261122-120000-abc124").patch == ""
