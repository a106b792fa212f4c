"""The rooms of the house and who fits in."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Room:
    name: str
    beds: int
    rate: Decimal


ROOMS = (
    Room("attic", 1, Decimal("48.00")),
    Room("garden", 2, Decimal("75.00")),
    Room("harbour", 2, Decimal("90.00")),
    Room("family", 4, Decimal("130.00")),
)


def cheapest_for(guests, rooms=ROOMS):
    """The cheapest room with a bed for every guest, or None."""
    fitting = [room for room in rooms if room.beds >= guests]
    return min(fitting, key=lambda room: room.rate, default=None)
