"""URLs, proxies, and what an HTTP refusal says. Headers and refusals in action: `test_socket` and `test_sse`."""

from importlib import metadata
from urllib.parse import urlsplit

import pytest

from patchwire.adapters import endpoint
from patchwire.errors import SettingsError


@pytest.mark.parametrize(
    ("base_url", "path", "url"),
    [
        ("https://api.openai.com/v1", "responses", "https://api.openai.com/v1/responses"),
        ("wss://gateway.example/v1/", "responses/compact", "https://gateway.example/v1/responses/compact"),
        ("http://[::1]:9/v1?a=b#c", "responses", "http://[::1]:9/v1/responses?a=b"),
    ],
)
def test_http_goes_where_the_socket_goes(base_url: str, path: str, url: str) -> None:
    assert endpoint.http_url(base_url, path).geturl() == url


def test_no_url_is_a_setting_that_is_wrong() -> None:
    with pytest.raises(SettingsError):
        endpoint.http_url("api.openai.com")


def test_what_is_shown_holds_no_secret() -> None:
    assert endpoint.shown(urlsplit("https://me:pw@[::1]:8443/v1/responses?key=1")) == "https://[::1]:8443/v1/responses"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.example/v1", "http://secure:1"),
        ("wss://api.example/v1", "http://secure:1"),
        ("http://api.example/v1", "http://plain:2"),
        ("ws://api.example/v1", "http://plain:2"),
        ("wss://inside.example/v1", None),
        ("ws://127.0.0.1:80/v1", None),
        ("http://localhost:80/v1", None),
    ],
)
def test_one_proxy_policy_for_both(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    monkeypatch.setenv("https_proxy", "http://secure:1")
    monkeypatch.setenv("http_proxy", "http://plain:2")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert endpoint.proxy_for(urlsplit(url)) == proxy


def test_a_proxy_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("all_proxy", "socks5://all:3")
    assert endpoint.proxy_for(urlsplit("wss://api.example/v1")) == "socks5://all:3"


def test_a_frame_is_counted_in_bytes() -> None:
    assert [endpoint.size(text) for text in ("abc", "Grüße", "\ud800")] == [3, 7, 3]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(111, "Connection refused"), "Connection refused"),
        (ValueError("odd://me:pw@proxy:1 isn't a  valid proxy: odd."), "odd://proxy:1 isn't a valid proxy: odd"),
        (ValueError(), "ValueError"),
    ],
)
def test_a_reason_is_short_and_holds_no_password(error: Exception, said: str) -> None:
    assert endpoint.reason(error) == said


def test_we_say_which_version_we_are() -> None:
    assert f"patchwire/{metadata.version('patchwire')}" == endpoint.USER_AGENT
