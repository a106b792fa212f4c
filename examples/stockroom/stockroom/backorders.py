"""Orders that wait for a delivery."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    customer: str
    sku: str
    units: int


class Backorders:
    """First come, first served: an order is filled whole, and nobody overtakes it while it waits."""

    def __init__(self):
        self._waiting = []

    def add(self, order):
        self._waiting.append(order)

    def waiting(self, sku):
        """Orders for one item, oldest first."""
        return [order for order in self._waiting if order.sku == sku]

    def release(self, sku, units):
        """Take out the orders that so many units can fill, oldest first."""
        released = []
        for order in self.waiting(sku):
            if order.units >= units:
                break
            released.append(order)
            units -= order.units
        for order in released:
            self._waiting.remove(order)
        return released
