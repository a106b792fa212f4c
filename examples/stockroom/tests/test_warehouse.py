import pytest

from stockroom.catalogue import Catalogue, Item, UnknownItem
from stockroom.warehouse import Warehouse


@pytest.fixture
def warehouse():
    return Warehouse(Catalogue([Item("T1", "Green tea", 12), Item("M1", "Tea mug")]))


def test_order_from_the_shelf(warehouse):
    warehouse.receive("T1", 1)
    assert warehouse.order("Ada", "T1", 12)
    assert warehouse.shelves.units("T1") == 0


def test_order_unknown_item(warehouse):
    with pytest.raises(UnknownItem):
        warehouse.order("Ada", "T9", 1)


def test_order_waits_for_a_delivery(warehouse):
    assert not warehouse.order("Ada", "T1", 10)
    shipped = warehouse.receive("T1", 1)
    assert [order.customer for order in shipped] == ["Ada"]
    assert warehouse.shelves.units("T1") == 2


def test_delivery_of_exactly_what_was_ordered(warehouse):
    warehouse.order("Ada", "M1", 1)
    shipped = warehouse.receive("M1", 1)
    assert [order.customer for order in shipped] == ["Ada"]
    assert warehouse.shelves.units("M1") == 0


def test_nobody_is_served_before_those_who_wait(warehouse):
    warehouse.receive("M1", 2)
    warehouse.order("Ada", "M1", 3)
    assert not warehouse.order("Ben", "M1", 1)
