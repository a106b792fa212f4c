"""wire.floor: whose event it is."""

import pytest

from patchwire.wire.floor import Floor


def begins(floor, name, *, expecting=True):
    return floor.is_ours(name, expecting=expecting, ends=False)


def ends(floor, name, *, expecting=True):
    return floor.is_ours(name, expecting=expecting, ends=True)


def nameless(floor, *, expecting=True):
    return floor.is_ours(None, expecting=expecting, ends=False)


def test_the_first_response_while_expecting_is_ours_and_so_is_what_follows():
    floor = Floor()
    assert begins(floor, "r1")
    assert floor.ours == "r1"
    assert nameless(floor)
    assert ends(floor, "r1")


def test_nothing_is_ours_while_nothing_is_expected():
    floor = Floor()
    assert not begins(floor, "r1", expecting=False)
    assert not nameless(floor, expecting=False)
    assert floor.ours is None


def test_a_response_that_was_known_before_is_a_stranger_to_its_end():
    floor = Floor()
    begins(floor, "unasked", expecting=False)
    assert not begins(floor, "unasked")
    assert not nameless(floor)
    assert not ends(floor, "unasked")
    assert nameless(floor)


@pytest.mark.parametrize("ended", [True, False])
def test_a_parted_response_is_a_stranger(ended):
    floor = Floor()
    begins(floor, "r1")
    floor.part(ended=ended)
    assert floor.ours is None
    assert nameless(floor) is ended
    assert not ends(floor, "r1")
    assert begins(floor, "r2")
    assert nameless(floor)


def test_a_response_that_barges_in_has_the_floor_until_it_ends():
    floor = Floor()
    begins(floor, "r1")
    assert not begins(floor, "r2")
    assert not nameless(floor)
    assert not ends(floor, "another")
    assert not nameless(floor)
    assert not ends(floor, "r2")
    assert nameless(floor)
    assert ends(floor, "r1")


def test_parting_from_nothing_changes_nothing():
    floor = Floor()
    begins(floor, "unasked", expecting=False)
    floor.part(ended=True)
    assert not nameless(floor)


def test_without_any_names_what_comes_is_what_was_expected():
    floor = Floor()
    assert nameless(floor)
    assert floor.is_ours(None, expecting=True, ends=True)
