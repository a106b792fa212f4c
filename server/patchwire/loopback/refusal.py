"""A refused request, and the two shapes in which it travels: an error frame on the socket, a JSON body over HTTP."""

from collections.abc import Mapping

from patchwire.loopback.model import Item

LIFETIME_OVER = "websocket_connection_limit_reached"

_TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}


class Refusal(Exception):
    """No response was started. `status` is an HTTP status; `headers` such as `retry-after` go along with it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    @property
    def error(self) -> Item:
        """The `error` object itself."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"type": kind, "code": self.code, "message": str(self), "param": self.param}

    def frame(self, sequence_number: int | None = None) -> Item:
        """As an event on the socket: nested, with the status and the headers at the top.

        `sequence_number` is there where a response had begun.
        """
        headers = {"headers": self.headers} if self.headers else {}
        numbered = {} if sequence_number is None else {"sequence_number": sequence_number}
        return {"type": "error", **numbered, "status": self.status, "error": self.error, **headers}

    def body(self) -> Item:
        """As the body of an HTTP answer."""
        return {"error": self.error}


def bad_request(message: str, *, code: str | None = None, param: str | None = None) -> Refusal:
    """A 400: the client's mistake."""
    return Refusal(400, message, code=code, param=param)


def previous_response_not_found(response_id: str) -> Refusal:
    """The parent is not (or no longer) known here."""
    return bad_request(
        f"Previous response with id '{response_id}' not found.",
        code="previous_response_not_found",
        param="previous_response_id",
    )


def invalid_api_key() -> Refusal:
    """The Bearer token is missing or wrong; never says which token came."""
    return Refusal(401, "Incorrect API key provided.", code="invalid_api_key")


def connection_limit_reached(seconds: float) -> Refusal:
    """The connection has lived its time."""
    return bad_request(
        f"Responses websocket connection limit reached ({seconds / 60:g} minutes). "
        "Create a new websocket connection to continue.",
        code=LIFETIME_OVER,
    )


def expired_key() -> Refusal:
    """The key was good once."""
    return Refusal(401, "Your authentication token has expired.", code="token_expired")


def busy(lane: str | None) -> Refusal:
    """A response of this lane is still running, and this server lets nobody wait."""
    where = "this websocket connection" if lane is None else f"stream '{lane}'"
    return bad_request(f"A response is already in progress on {where}.", code="response_already_in_progress")
