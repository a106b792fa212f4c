import pytest

from stockroom.backorders import Backorders, Order


@pytest.fixture
def backorders():
    backorders = Backorders()
    for customer, sku, units in [("Ada", "T1", 4), ("Ben", "T2", 1), ("Cleo", "T1", 3), ("Dan", "T1", 1)]:
        backorders.add(Order(customer, sku, units))
    return backorders


def customers(orders):
    return [order.customer for order in orders]


def test_waiting(backorders):
    assert customers(backorders.waiting("T1")) == ["Ada", "Cleo", "Dan"]
    assert customers(backorders.waiting("M1")) == []


def test_release_oldest_first(backorders):
    assert customers(backorders.release("T1", 100)) == ["Ada", "Cleo", "Dan"]
    assert backorders.waiting("T1") == []


def test_release_leaves_other_items_alone(backorders):
    backorders.release("T1", 100)
    assert customers(backorders.waiting("T2")) == ["Ben"]


def test_release_to_the_last_unit(backorders):
    assert customers(backorders.release("T1", 7)) == ["Ada", "Cleo"]
    assert customers(backorders.waiting("T1")) == ["Dan"]


def test_nobody_overtakes(backorders):
    assert backorders.release("T1", 3) == []
    assert customers(backorders.release("T1", 6)) == ["Ada"]
