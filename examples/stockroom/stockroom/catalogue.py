"""What we sell, and looking it up."""

from dataclasses import dataclass


class UnknownItem(LookupError):
    """There is no item with that number."""


@dataclass(frozen=True)
class Item:
    """Sold by the unit, delivered by the case."""

    sku: str
    name: str
    case_size: int = 1


class Catalogue:
    def __init__(self, items=()):
        self._items = {item.sku: item for item in items}

    def __len__(self):
        return len(self._items)

    def find(self, sku):
        """The item with this number. Raises UnknownItem."""
        try:
            return self._items[sku]
        except KeyError:
            raise UnknownItem(f"no item {sku!r}") from None

    def search(self, text):
        """Items whose name has every word of the text in it, by name."""
        words = text.lower().split()
        found = [item for item in self._items.values() if all(word in item.name.lower() for word in words)]
        return sorted(found, key=lambda item: item.name)
