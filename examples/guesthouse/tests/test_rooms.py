from guesthouse.rooms import cheapest_for


def test_cheapest_room_that_fits():
    assert cheapest_for(1).name == "attic"
    assert cheapest_for(2).name == "garden"
    assert cheapest_for(3).name == "family"


def test_too_many_guests():
    assert cheapest_for(5) is None
