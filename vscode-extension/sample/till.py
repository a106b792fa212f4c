"""A till: what a basket costs.

Two of its tests fail, because one sign is wrong. Patchwire works on a private copy of this folder, finds the sign,
runs the tests, and shows you the change. This file stays as it is until you accept.
"""


def subtotal(basket):
    """The prices of a basket, in cents: each a pair of price and quantity."""
    return sum(price * quantity for price, quantity in basket)


def discounted(cents, percent):
    """What is left of an amount after a discount."""
    return round(cents * (100 + percent) / 100)


def total(basket, percent=0):
    """What a basket costs, with a discount in percent on all of it."""
    return discounted(subtotal(basket), percent)


def change(paid, due):
    """The coins and notes to give back, the largest first."""
    rest = paid - due
    given = []
    for value in (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1):
        count, rest = divmod(rest, value)
        given.extend([value] * count)
    return given
