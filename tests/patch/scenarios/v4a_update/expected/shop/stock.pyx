"""What the shop has in store."""

from decimal import Decimal


class Stock:
    def __init__(self):
        self.items = {}

    def add(self, name, count, price):
        self.items[name] = (count, Decimal(price))

    def take(self, name, count):
        have, price = self.items[name]
        if have < count:
            raise ValueError(name)
        self.items[name] = (have - count, price)
        return price * count

    def total(self):
        return sum(count * price for count, price in self.items.values())
