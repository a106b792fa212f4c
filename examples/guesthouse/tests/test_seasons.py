from datetime import date

import pytest

from guesthouse.seasons import season_of


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 6, 15), "summer"),
        (date(2026, 9, 10), "summer"),
        (date(2026, 12, 20), "holidays"),
        (date(2027, 1, 6), "holidays"),
        (date(2027, 1, 7), "winter"),
        (date(2027, 3, 15), "winter"),
    ],
)
def test_first_and_last_day_belong_to_the_season(day, name):
    assert season_of(day).name == name


@pytest.mark.parametrize("day", [date(2026, 6, 14), date(2026, 9, 11), date(2026, 12, 19), date(2026, 3, 16)])
def test_between_the_seasons(day):
    assert season_of(day) is None
