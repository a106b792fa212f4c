"""Server-sent events: from bytes in whatever pieces they come to the data of each event. Knows no library."""


class EventStream:
    """Reads one stream. Gives the data of each event; nothing else is of use here.

    Lines end in LF, CRLF or CR and in nothing else: a text may hold any other separator that Unicode knows.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that are complete now. `[DONE]`, which some servers say at the end, is left out."""
        *lines, self._rest = _lines(self._rest + chunk)
        found: list[str] = []
        for line in lines:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not line and self._data:
                data = b"\n".join(self._data).decode("utf-8", "replace")
                self._data.clear()
                if data.strip() != "[DONE]":
                    found.append(data)
        return found


def _lines(text: bytes) -> list[bytes]:
    """Split; the last is incomplete. A CR at the very end may be half a line end and waits."""
    held = b""
    if text.endswith(b"\r"):
        text, held = text[:-1], b"\r"
    *lines, last = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return [*lines, last + held]
