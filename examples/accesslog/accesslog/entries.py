"""Reading lines such as `203.0.113.7 GET /shop/cart 200 0.182`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One request; `seconds` is the time that the answer took."""

    client: str
    method: str
    path: str
    status: int
    seconds: float

    @property
    def failed(self):
        return self.status >= 500


def parse_line(line):
    """An entry, or None for a line that is none."""
    fields = line.split()
    if len(fields) != 5:
        return None
    client, method, path, status, seconds = fields
    try:
        return Entry(client, method, path.partition("?")[0], int(status), float(seconds))
    except ValueError:
        return None


def parse(text):
    """The entries of a log, and how many lines could not be read. Empty lines do not count."""
    entries = [parse_line(line) for line in text.splitlines() if line.strip()]
    good = [entry for entry in entries if entry is not None]
    return good, len(entries) - len(good)
