import pytest

from stockroom.shelves import OutOfStock, Shelves


def test_put_and_take():
    shelves = Shelves()
    shelves.put("T1", 5)
    shelves.put("T1", 2)
    shelves.take("T1", 7)
    assert shelves.units("T1") == 0


def test_take_too_much():
    shelves = Shelves()
    shelves.put("T1", 5)
    with pytest.raises(OutOfStock):
        shelves.take("T1", 6)
    assert shelves.units("T1") == 5


def test_put_nothing():
    with pytest.raises(ValueError):
        Shelves().put("T1", 0)


def test_low():
    shelves = Shelves()
    for sku, units in [("T1", 9), ("T2", 3), ("M1", 1), ("M2", 3)]:
        shelves.put(sku, units)
    assert shelves.low(4) == ["M1", "M2", "T2"]
    assert shelves.low(3) == ["M1"]
