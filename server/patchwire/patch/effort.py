"""A bound on the work that placing one patch may cost, so that no patch and no file can hold anybody up.

Knows nothing of clocks: work is counted in comparisons, so that the same patch always comes to the same.
"""

from patchwire.errors import PatchRefused

_ENOUGH = 3_000_000


class Effort:
    """What is left of the work that one patch may cost, in comparisons of lines (well under a second in all)."""

    def __init__(self, comparisons: int = _ENOUGH) -> None:
        self.left = comparisons

    def spend(self, comparisons: int) -> None:
        """Note work that is about to be done. Raises PatchRefused when it is more than is left."""
        self.left -= comparisons
        if self.left < 0:
            raise PatchRefused(
                "The patch fits too badly, or too many places, to be placed in reasonable time: give fewer hunks at a "
                "time, and copy the lines around each change from the file as it is."
            )
