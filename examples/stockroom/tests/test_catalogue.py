import pytest

from stockroom.catalogue import Catalogue, Item, UnknownItem

CATALOGUE = Catalogue([Item("T1", "Green tea", 12), Item("T2", "Black tea", 12), Item("M1", "Tea mug")])


def test_find():
    assert CATALOGUE.find("T2").name == "Black tea"


def test_find_unknown_item():
    with pytest.raises(UnknownItem, match="no item 'T9'"):
        CATALOGUE.find("T9")


def test_search_wants_every_word():
    assert [item.sku for item in CATALOGUE.search("TEA")] == ["T2", "T1", "M1"]
    assert [item.sku for item in CATALOGUE.search("tea green")] == ["T1"]
    assert CATALOGUE.search("coffee") == []
