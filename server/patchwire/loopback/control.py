"""The server's back door, for whoever tests a client: `/_control` on the same port, outside `/v1`.

Asks for the key that the server was started with, whatever became of it since.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from patchwire.loopback import oracle
from patchwire.loopback.context import as_items
from patchwire.loopback.faults import Faults
from patchwire.loopback.frames import decode, encode
from patchwire.loopback.http import Call, Reply, Route, json_reply
from patchwire.loopback.limits import Habits, Limits
from patchwire.loopback.model import Item
from patchwire.loopback.record import Exchange
from patchwire.loopback.refusal import bad_request, invalid_api_key
from patchwire.loopback.scenario import load
from patchwire.loopback.service import Service


class Control:
    """What can be done to a running server. The same as the routes, for Python."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every create so far, in the order in which they began: the oracle's record."""
        return self._service.record.exchanges

    @property
    def connections(self) -> int:
        """How many WebSockets are open now."""
        return len(self._service.live)

    def provoke(self, faults: Faults, *, limits: Limits | None = None, habits: Habits | None = None) -> None:
        """Other faults; the next create and the next upgrade have the number 1. Limits hold for new connections."""
        self._service.provoke(faults)
        self._service.limits = limits or self._service.limits
        self._service.habits = habits or self._service.habits

    def forget(self) -> None:
        """Every connection loses its memory."""
        for connection in self._service.live:
            connection.memory.forget()

    def drop(self, code: int | None = None) -> None:
        """Every connection ends now, with a close code or without a goodbye."""
        for connection in list(self._service.live):
            connection.drop(code)

    def vanish(self) -> None:
        """Every connection becomes a black hole."""
        for connection in self._service.live:
            connection.vanish()

    def expire(self) -> None:
        """The lifetime of every connection is over."""
        for connection in list(self._service.live):
            connection.expire()

    def expire_key(self, then: str | None = None) -> None:
        """The key is no longer good; from now on `then` is."""
        self._service.expire_key(then)

    def compare(self, response_id: str, believed: Sequence[Item]) -> str | None:
        """Hold a client's transcript (all that led to a response, without its output) against the server's.

        Returns the first difference, which goes into the record too, None where there is none. Raises KeyError where
        there is no such response.
        """
        exchange = self._service.record.doubt(response_id, lambda ours: oracle.difference(ours.context, believed))
        if exchange is None:
            raise KeyError(response_id)
        return exchange.difference


def control_routes(service: Service, token: str) -> list[Route]:
    """The routes of the back door; `token` is the key that they ask for."""
    control = Control(service)

    def route(path: str, method: str, act: Callable[[Control, Item], Item | None]) -> Route:
        async def answer(call: Call) -> Reply:
            given = call.headers.get("authorization", "").encode()
            if not secrets.compare_digest(given, f"Bearer {token}".encode()):
                raise invalid_api_key()
            return json_reply(act(control, decode(call.body) if call.body else {}) or {})

        return Route(method, f"/_control/{path}", answer)

    return [
        route("exchanges", "GET", _exchanges),
        route("faults", "PUT", _provoke),
        route("compare", "POST", _compare),
        route("forget", "POST", lambda control, _: control.forget()),
        route("drop", "POST", lambda control, body: control.drop(body.get("code"))),
        route("vanish", "POST", lambda control, _: control.vanish()),
        route("expire", "POST", lambda control, _: control.expire()),
        route("expire_key", "POST", lambda control, body: control.expire_key(body.get("then"))),
    ]


def _exchanges(control: Control, _: Item) -> Item:
    exchanges: list[Any] = [asdict(exchange) for exchange in control.exchanges]
    return {"exchanges": exchanges, "differences": sum(exchange["difference"] is not None for exchange in exchanges)}


def _provoke(control: Control, body: Item) -> None:
    try:
        scenario = load(encode(body))
    except ValueError as error:
        raise bad_request(str(error)) from error
    control.provoke(
        scenario.faults,
        limits=scenario.limits if "limits" in body else None,
        habits=scenario.habits if "habits" in body else None,
    )


def _compare(control: Control, body: Item) -> Item:
    try:
        return {"difference": control.compare(body["response_id"], as_items(body["input"]))}
    except KeyError as error:
        raise bad_request(f"There is no response {error}, or no 'response_id' and 'input' in the request.") from error
