"""The price of a whole stay."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from guesthouse.nights import CENT, nights, price_of

# From so many nights on, this part of the price is taken off; the longest first.
LONG_STAYS = ((14, Decimal("0.15")), (7, Decimal("0.10")))


@dataclass(frozen=True)
class Quote:
    room: str
    nights: int
    price: Decimal
    discount: Decimal

    @property
    def total(self):
        return self.price - self.discount


def discount_for(count, price):
    for least, part in LONG_STAYS:
        if count >= least:
            return (price * part).quantize(CENT, ROUND_HALF_UP)
    return Decimal("0.00")


def quote(room, arrival, departure):
    stay = nights(arrival, departure)
    price = sum(price_of(room, night) for night in stay)
    return Quote(room.name, len(stay), price, discount_for(len(stay), price))
