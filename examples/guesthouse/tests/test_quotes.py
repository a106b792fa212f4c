from datetime import date
from decimal import Decimal

from guesthouse.quotes import discount_for, quote
from guesthouse.rooms import Room

ROOM = Room("test", 2, Decimal("80.00"))


def test_short_stay():
    offer = quote(ROOM, date(2026, 4, 27), date(2026, 4, 29))
    assert (offer.nights, offer.total) == (2, Decimal("160.00"))


def test_long_stays_are_cheaper():
    assert discount_for(6, Decimal("100.00")) == 0
    assert discount_for(7, Decimal("100.00")) == Decimal("10.00")
    assert discount_for(14, Decimal("100.00")) == Decimal("15.00")


def test_a_week_in_spring():
    offer = quote(ROOM, date(2026, 4, 27), date(2026, 5, 4))
    assert (offer.price, offer.discount, offer.total) == (Decimal("580.00"), Decimal("58.00"), Decimal("522.00"))


def test_over_the_start_of_summer():
    offer = quote(ROOM, date(2026, 6, 14), date(2026, 6, 16))
    assert offer.total == Decimal("192.00")
