"""What is remembered and for how long."""

import pytest

from patchwire.loopback.refusal import Refusal
from patchwire.loopback.store import Archive, Kept, Memory, parent_of


def kept(name: str, *item_ids: str) -> Kept:
    return Kept(name, tuple({"id": item_id} for item_id in item_ids), {"id": name})


def test_a_lane_keeps_its_latest_response() -> None:
    memory = Memory()
    memory.keep(None, kept("a"))
    memory.keep("side", kept("b"))
    assert memory.find("a") == kept("a")
    memory.keep(None, kept("c"))
    assert memory.find("a") is None
    assert memory.find("b") == kept("b")


def test_a_failure_evicts_the_parent_on_its_own_lane_only() -> None:
    memory = Memory()
    memory.keep(None, kept("a"))
    memory.evict("side", "a")
    memory.evict(None, "b")
    memory.evict(None, None)
    assert memory.find("a") is not None
    memory.evict(None, "a")
    assert memory.find("a") is None


def test_forgetting_loses_every_lane() -> None:
    memory = Memory()
    memory.keep(None, kept("a"))
    memory.keep("side", kept("b"))
    memory.forget()
    assert (memory.find("a"), memory.find("b")) == (None, None)


def test_the_archive_forgets_the_oldest_and_what_it_is_told_to() -> None:
    archive = Archive(limit=2)
    for name in "abc":
        archive.keep(kept(name))
    assert [archive.find(name) is not None for name in "abc"] == [False, True, True]
    assert archive.delete("b")
    assert not archive.delete("b")


def test_the_archive_finds_single_items() -> None:
    archive = Archive()
    archive.keep(kept("a", "msg_1", "rs_1"))
    assert archive.item("rs_1") == {"id": "rs_1"}
    assert archive.item("rs_2") is None


def test_a_parent_is_looked_for_in_memory_then_in_the_archive() -> None:
    memory, archive = Memory(), Archive()
    memory.keep(None, kept("a", "fast"))
    archive.keep(kept("a", "slow"))
    archive.keep(kept("b"))
    assert parent_of(None, memory, archive) is None
    assert parent_of("a", memory, archive) == kept("a", "fast")
    assert parent_of("b", memory, archive) == kept("b")
    with pytest.raises(Refusal) as refusal:
        parent_of("c", memory, archive)
    assert refusal.value.code == "previous_response_not_found"
