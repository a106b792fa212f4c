from datetime import date
from decimal import Decimal

import pytest

from guesthouse.nights import nights, price_of
from guesthouse.rooms import Room

ROOM = Room("test", 2, Decimal("80.00"))


def test_nights_end_before_departure():
    assert nights(date(2026, 4, 29), date(2026, 5, 1)) == [date(2026, 4, 29), date(2026, 4, 30)]


def test_a_stay_has_a_night():
    with pytest.raises(ValueError):
        nights(date(2026, 4, 29), date(2026, 4, 29))


def test_plain_night():
    assert price_of(ROOM, date(2026, 4, 28)) == Decimal("80.00")


def test_weekend_night():
    assert price_of(ROOM, date(2026, 5, 1)) == Decimal("90.00")
    assert price_of(ROOM, date(2026, 5, 3)) == Decimal("80.00")


def test_summer_night():
    assert price_of(ROOM, date(2026, 7, 7)) == Decimal("112.00")


def test_winter_weekend():
    assert price_of(ROOM, date(2026, 2, 7)) == Decimal("74.00")
