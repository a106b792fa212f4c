from till import change, discounted, subtotal, total

BASKET = [(250, 2), (1999, 1)]


def test_subtotal_counts_quantities():
    assert subtotal(BASKET) == 2499


def test_a_discount_makes_it_cheaper():
    assert discounted(1000, 10) == 900


def test_total_is_the_discounted_subtotal():
    assert total(BASKET, percent=20) == 1999


def test_without_a_discount_nothing_changes():
    assert total(BASKET) == 2499


def test_change_is_given_in_few_pieces():
    assert change(5000, 2499) == [2000, 500, 1]
