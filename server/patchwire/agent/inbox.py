"""What the user says while a turn runs and no request has carried yet.

Open before the turn begins, so that nothing is missed. Who reads it, and when, it does not know.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Inbox:
    """One turn's; the turn empties it with every request, and closes it when there will be none any more."""

    _texts: list[str] = field(default_factory=list, init=False)
    _open: bool = field(default=True, init=False)

    def add(self, text: str) -> bool:
        """A message for the next request; False if there will be none."""
        if self._open:
            self._texts.append(text)
        return self._open

    def take(self) -> list[str]:
        """What has come in since it was emptied last, in order."""
        taken, self._texts = self._texts, []
        return taken

    def close(self) -> None:
        """There will be no request any more."""
        self._open = False
