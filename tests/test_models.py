"""What we know of models by name, and what a request costs."""

import pytest

from patchwire.models import DEFAULT_MODEL, EFFORTS, KNOWN, OFFLINE_MODEL, Price, find


def test_the_default_model_is_known_and_priced() -> None:
    model = find(DEFAULT_MODEL)
    assert model in KNOWN
    assert model.price is not None
    assert model.effort in model.efforts


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_every_known_model_is_well_formed(model) -> None:
    assert set(model.efforts) <= set(EFFORTS)
    assert model.effort in model.efforts
    assert model.price.dated.count("-") == 2


def test_an_unknown_name_works_without_price_or_effort() -> None:
    model = find("my-local-model")
    assert model.name == "my-local-model"
    assert model.price is None
    assert model.effort is None


def test_the_user_s_price_wins() -> None:
    price = Price(1.0, 2.0, "today")
    assert find(DEFAULT_MODEL, price).price == price
    assert find("other", price).price == price


def test_the_offline_model_is_free() -> None:
    assert find(OFFLINE_MODEL.name).price.cost(1_000_000, 0, 1_000_000) == 0


def test_cached_tokens_cost_less() -> None:
    price = Price(2.0, 10.0, "today", cached=0.1)
    assert price.cost(1_000_000, 0, 0) == pytest.approx(2.0)
    assert price.cost(1_000_000, 1_000_000, 0) == pytest.approx(0.1)
    assert price.cost(0, 0, 1_000_000) == pytest.approx(10.0)


def test_without_a_cached_price_cached_tokens_cost_as_fresh_ones() -> None:
    assert Price(2.0, 10.0, "today").cost(1_000_000, 500_000, 0) == pytest.approx(2.0)


def test_a_long_context_costs_more_as_a_whole() -> None:
    price = Price(2.0, 10.0, "today", cached=0.1, long_context=100)
    assert price.cost(100, 0, 10) == pytest.approx((100 * 2 + 10 * 10) / 1e6)
    assert price.cost(101, 0, 10) == pytest.approx((101 * 4 + 10 * 15) / 1e6)
