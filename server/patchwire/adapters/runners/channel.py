"""What a probe and we say to each other in one run: our wishes by the environment, its sealed events by a file.

Knows where the files lie and how they are read, not what a probe is.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes, token_hex

from patchwire.adapters.runners.events import Gathered, gather_file
from patchwire.adapters.runners.place import Place


@dataclass(frozen=True, slots=True)
class Channel:
    """One run's. `variables` go into the environment of the process that the probe is in."""

    variables: dict[str, str]
    _report: Path
    _key: bytes

    def gathered(self) -> Gathered:
        """What the probe has told by now."""
        return gather_file(self._report, self._key)


@contextlib.contextmanager
def channel(place: Place, **wishes: object) -> Iterator[Channel]:
    """Make a channel; its files are gone afterwards. The probe removes the one with the key as soon as it starts."""
    name, key = token_hex(8), token_bytes(32)
    report, key_file = place.private / f"report-{name}", place.private / f"key-{name}"
    key_file.touch(0o600)
    key_file.write_bytes(key)
    said = {"root": str(place.root), "report": str(report), "key_file": str(key_file), **wishes}
    try:
        yield Channel({"PATCHWIRE_PROBE": json.dumps(said)}, report, key)
    finally:
        report.unlink(missing_ok=True)
        key_file.unlink(missing_ok=True)
