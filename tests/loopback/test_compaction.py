"""A context made small, and opened again."""

import pytest
from tests.loopback.client import user

from patchwire.loopback.compaction import compact, reveal
from patchwire.loopback.play import call, say


def test_what_the_user_said_stays_and_the_rest_can_be_revealed() -> None:
    context = [user("a"), say("b"), call("f"), user("c")]
    *kept, sealed = compact(context, lambda prefix: f"{prefix}_1")
    assert kept == [user("a"), user("c")]
    assert (sealed["type"], sealed["id"]) == ("compaction", "cmp_1")
    assert list(reveal(sealed)) == context


@pytest.mark.parametrize("content", ["", "gAAAAAB", "gAAAAzeJw=", "gAAAAz!", "gAAAAzAAAA"])
def test_nothing_else_is_revealed(content: str) -> None:
    with pytest.raises(ValueError, match=r"not an item|damaged"):
        reveal({"type": "compaction", "encrypted_content": content})
