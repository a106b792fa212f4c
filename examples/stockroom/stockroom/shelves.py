"""How many units of each item there are."""


class OutOfStock(Exception):
    """More units were asked for than there are."""


class Shelves:
    def __init__(self):
        self._units = {}

    def units(self, sku):
        return self._units.get(sku, 0)

    def put(self, sku, units):
        if units < 1:
            raise ValueError("put at least one unit")
        self._units[sku] = self.units(sku) + units

    def take(self, sku, units):
        if units > self.units(sku):
            raise OutOfStock(f"{self.units(sku)} units of {sku} left, {units} wanted")
        self._units[sku] -= units

    def low(self, threshold):
        """Numbers of the items with fewer units than the threshold, fewest first."""
        low = [sku for sku, units in self._units.items() if units < threshold]
        return sorted(low, key=lambda sku: (self._units[sku], sku))
