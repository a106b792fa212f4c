"""Who has the floor: whether an event is of the response that we wait for, or of a stranger.

Only the events of a response's life name it; what lies between belongs to the response that began last. Strangers are
responses that were abandoned, that ended, that nobody asked for, or that began when nothing was awaited.
"""


class Floor:
    """Follows one ordered stream of events. `ours` is the id of the awaited response once it is known."""

    def __init__(self) -> None:
        self.ours: str | None = None
        self._strangers: set[str] = set()
        self._stranger: str | None = None

    def is_ours(self, named: str | None, *, expecting: bool, ends: bool) -> bool:
        """Take note of an event that names a response (or None) and maybe ends it; whether it is of ours.

        While `expecting`, the first response that is no known stranger is ours.
        """
        if named is None:
            return expecting and self._stranger is None
        if expecting and named not in self._strangers and self.ours in (None, named):
            self.ours, self._stranger = named, None
            return True
        self._strangers.add(named)
        if not ends:
            self._stranger = named
        elif self._stranger == named:
            self._stranger = None
        return False

    def part(self, *, ended: bool) -> None:
        """The awaited response is ours no longer; unless it `ended`, it may still be speaking."""
        if self.ours is not None:
            self._strangers.add(self.ours)
            self._stranger = None if ended else self.ours
        self.ours = None
