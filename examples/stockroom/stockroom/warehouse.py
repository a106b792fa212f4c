"""Customers order, trucks deliver: catalogue, shelves and backorders together."""

from stockroom.backorders import Backorders, Order
from stockroom.shelves import Shelves


class Warehouse:
    def __init__(self, catalogue):
        self.catalogue = catalogue
        self.shelves = Shelves()
        self.backorders = Backorders()

    def order(self, customer, sku, units):
        """Ship at once and say True, or put the order behind those that wait and say False."""
        self.catalogue.find(sku)
        order = Order(customer, sku, units)
        if self.backorders.waiting(sku) or self.shelves.units(sku) < units:
            self.backorders.add(order)
            return False
        self.shelves.take(sku, units)
        return True

    def receive(self, sku, cases):
        """Put a delivery on the shelves; ship what it fills. Returns the orders shipped."""
        self.shelves.put(sku, cases * self.catalogue.find(sku).case_size)
        shipped = self.backorders.release(sku, self.shelves.units(sku))
        for order in shipped:
            self.shelves.take(sku, order.units)
        return shipped
