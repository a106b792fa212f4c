"""Times of the year and what they do to a price."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Season:
    """From the first to the last day, both included, every year. Days are (month, day)."""

    name: str
    first: tuple
    last: tuple
    factor: Decimal

    def covers(self, date):
        day = (date.month, date.day)
        if self.first <= self.last:
            return day >= self.first or day <= self.last
        return day >= self.first or day <= self.last  # over New Year


YEAR = (
    Season("summer", (6, 15), (9, 10), Decimal("1.40")),
    Season("holidays", (12, 20), (1, 6), Decimal("1.60")),
    Season("winter", (1, 7), (3, 15), Decimal("0.80")),
)


def season_of(date, year=YEAR):
    """The season that a date falls into, or None."""
    for season in year:
        if season.covers(date):
            return season
    return None
