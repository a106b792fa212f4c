"""Every error of Patchwire, one tree, sorted by who can mend it. Imports nothing, so that every room may raise from it.

```
PatchwireError
├── ToolError               the model can mend it: becomes a tool output, never leaves agent/
│   ├── NoSuchFile          a path with no file behind it
│   └── PatchRefused        a patch that does not fit, with a reason for each hunk
├── TurnError               the user must know: ends the turn; shells print str(error) and nothing more
│   ├── ProviderError       the model's service refused, failed for good or could not be reached
│   └── WorkspaceError      the isolated copy could not be made, kept or tested
├── SettingsError           the user's settings: names the key
├── ConnectionLost          the exchange mends it: reconnect, restart_chain
└── LocalProtocolError      our bug: never caught, the traceback is the report
```

Foreign exceptions are translated at the door they come in by (`raise … from`). Out of budget and cancelled are statuses
of an `Outcome`, not errors.
"""


class PatchwireError(Exception):
    """The root of the tree; `str(error)` is a sentence that fits on a line and says what to do next."""


class ToolError(PatchwireError):
    """A tool call that the model can mend: its text is the tool's output."""


class NoSuchFile(ToolError):
    """There is no file at that path of the workspace."""


class PatchRefused(ToolError):
    """A patch that was not applied; no file was changed.

    `reasons` holds one text per hunk (or file) that did not fit, each written for the model: which hunk, the first line
    that differs as expected and as found, and the text that stands at the nearest place.
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n\n".join(reasons))
        self.reasons = reasons


class TurnError(PatchwireError):
    """Ends the turn: only the user can do something about it."""


class ProviderError(TurnError):
    """The model's service refused the request, failed for good, or could not be reached.

    `code` is the service's own error code where it gave one (`insufficient_quota`, `model_not_found`, …), `status` the
    HTTP status of a refused handshake.
    """

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class WorkspaceError(TurnError):
    """The isolated copy could not be made or kept, or the test command could not be started at all."""


class SettingsError(PatchwireError):
    """A setting that is missing or wrong; `key` is its name as the user writes it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class ConnectionLost(PatchwireError):
    """The transport is gone. `started` tells whether the lost request may have reached the service.

    `retry_after` is what the service asked us to wait, in seconds; `permanent` says that no attempt on this transport
    can succeed (a policy close, a refused upgrade).
    """

    def __init__(
        self, message: str, *, started: bool = False, retry_after: float | None = None, permanent: bool = False
    ) -> None:
        super().__init__(message)
        self.started = started
        self.retry_after = retry_after
        self.permanent = permanent


class LocalProtocolError(PatchwireError):
    """Our own code broke the protocol's rules. Never caught."""
