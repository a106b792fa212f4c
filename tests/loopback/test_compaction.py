"""A sealed context, and the way back."""

import pytest
from tests.loopback.client import user

from patchwire.loopback.compaction import TRIGGER, compact, expand, reveal, seal
from patchwire.loopback.model import Item
from patchwire.loopback.play import call, say

CONTEXT: list[Item] = [user("a"), say("b"), call("f"), user("c")]


def named(prefix: str) -> str:
    return f"{prefix}_1"


def test_what_the_user_said_stays_and_everything_can_be_revealed() -> None:
    *kept, sealed = compact(CONTEXT, named)
    assert kept == [user("a"), user("c")]
    assert (sealed["type"], sealed["id"]) == ("compaction", "cmp_1")
    assert list(reveal(sealed)) == CONTEXT


@pytest.mark.parametrize("content", ["", "gAAAAAB", "gAAAAzeJw=", "gAAAAz!", "gAAAAzAAAA"])
def test_nothing_else_is_revealed(content: str) -> None:
    with pytest.raises(ValueError, match=r"not an item|damaged"):
        reveal({"type": "compaction", "encrypted_content": content})


def test_the_last_compaction_stands_for_all_before_it() -> None:
    once = seal([*CONTEXT, {"type": TRIGGER}], named)
    assert expand([user("a"), once, user("d")]) == (*CONTEXT, user("d"))
    twice = seal([once, user("d")], named)
    assert expand([user("a"), user("d"), twice, say("e")]) == (*CONTEXT, user("d"), say("e"))


def test_a_strangers_compaction_stays_as_it_is() -> None:
    strange = {"type": "compaction", "encrypted_content": "?"}
    assert expand([user("a"), strange, user("b")]) == (user("a"), strange, user("b"))
    assert expand([seal(CONTEXT, named), strange]) == (*CONTEXT, strange)
