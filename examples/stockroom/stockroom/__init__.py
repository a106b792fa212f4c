"""Units on the shelves, and orders that wait for a delivery."""
