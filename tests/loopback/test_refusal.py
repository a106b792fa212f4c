"""One refusal, two shapes."""

import pytest

from patchwire.loopback.refusal import Refusal, connection_limit_reached, invalid_api_key


def test_on_the_socket_it_is_nested_with_status_and_headers_on_top() -> None:
    refusal = Refusal(429, "Slow down.", code="slow_down", headers={"retry-after": "1"})
    error = {"type": "rate_limit_error", "code": "slow_down", "message": "Slow down.", "param": None}
    assert refusal.frame() == {"type": "error", "status": 429, "error": error, "headers": {"retry-after": "1"}}
    assert refusal.body() == {"error": error}


def test_without_headers_there_are_none() -> None:
    assert "headers" not in Refusal(400, "no").frame()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (404, "invalid_request_error"), (500, "server_error"), (503, "server_error")],
)
def test_the_type_follows_the_status(status: int, kind: str) -> None:
    assert Refusal(status, "no").error["type"] == kind


def test_the_limit_names_its_minutes() -> None:
    assert "limit reached (60 minutes)" in str(connection_limit_reached(3600))
    assert "limit reached (25 minutes)" in str(connection_limit_reached(1500))


def test_a_wrong_key_is_not_repeated() -> None:
    assert invalid_api_key().status == 401
