"""What one night costs."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from guesthouse.seasons import season_of

CENT = Decimal("0.01")
WEEKEND_SURCHARGE = Decimal("10.00")
FRIDAY, SATURDAY = 4, 5


def nights(arrival, departure):
    """The dates of the nights of a stay: the day of departure is not one of them."""
    if departure <= arrival:
        raise ValueError("a stay has at least one night")
    return [arrival + timedelta(days=n) for n in range((departure - arrival).days)]


def price_of(room, night):
    """The rate by season, and a surcharge on Fridays and Saturdays."""
    season = season_of(night)
    price = room.rate * season.factor if season else room.rate
    if night.weekday() in (FRIDAY, SATURDAY):
        price += WEEKEND_SURCHARGE
    return price.quantize(CENT, ROUND_HALF_UP)
