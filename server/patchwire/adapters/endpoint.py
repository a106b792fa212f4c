"""Where the service is and how it is spoken to: URLs, headers, proxies, and what an HTTP refusal says.

The same for WebSocket and HTTP, so that what works on the one works on the other. Knows neither library, and what a
frame means is not its business.
"""

import json
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from patchwire.errors import ProviderError, SettingsError

USER_AGENT = "patchwire/0.1.0"
"""Who we say we are. A test holds it to the installed version: to ask for that takes longer than all else here."""

_SOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_SECURE = ("wss", "https")
_USERINFO = re.compile(r"//[^/\s]+@")


def socket_url(base_url: str) -> SplitResult:
    """The base URL with its scheme switched and `/responses` appended; a query is kept. Raises SettingsError."""
    return _url(base_url, _SOCKET_SCHEMES, "responses")


def http_url(base_url: str, path: str = "responses") -> SplitResult:
    """The same for HTTP, with `path` appended. Raises SettingsError."""
    return _url(base_url, _HTTP_SCHEMES, path)


def _url(base_url: str, schemes: Mapping[str, str], path: str) -> SplitResult:
    url = urlsplit(base_url)
    scheme = schemes.get(url.scheme)
    if scheme is None or not url.hostname:
        raise SettingsError("base_url", "The base URL must look like https://api.openai.com/v1.")
    return url._replace(scheme=scheme, path=f"{url.path.rstrip('/')}/{path}", fragment="")


def shown(url: SplitResult) -> str:
    """The URL as it may be shown: without credentials and query."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.path}"


def headers(api_key: str, organization: str | None, project: str | None) -> dict[str, str]:
    """What every request carries. Raises SettingsError for a key that no header can carry."""
    if not (api_key.isascii() and api_key.isprintable()):
        raise SettingsError("api_key", "The API key holds characters that no HTTP header can carry.")
    named = {
        "Authorization": f"Bearer {api_key}" if api_key else None,
        "OpenAI-Organization": organization,
        "OpenAI-Project": project,
    }
    return {name: value for name, value in named.items() if value}


def proxy_for(url: SplitResult) -> str | None:
    """The proxy that the environment (or the system's settings) names for this URL; never one for this machine."""
    host = url.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127."):
        return None
    from urllib.request import getproxies, proxy_bypass  # costs more than all else here

    if proxy_bypass(f"{host}:{url.port or ''}".rstrip(":")):
        return None
    proxies = getproxies()
    names = ("https", "all") if url.scheme in _SECURE else ("http", "all")
    return next((proxies[name] for name in names if proxies.get(name)), None)


def untrusted(url: SplitResult, why: str) -> ProviderError:
    """The service's certificate could not be verified."""
    return ProviderError(
        f"The certificate of {url.hostname} could not be verified ({why}); SSL_CERT_FILE names a private authority."
    )


def one_line(text: str, most: int = 200) -> str:
    """White space made single, and no longer than `most` characters."""
    return " ".join(text.split())[:most]


def reason(error: Exception) -> str:
    """Why, in a few words: a system error's own text, or what the library says, without a full stop or a password."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return one_line(_USERINFO.sub("//", said)).rstrip(".")


def service_error(body: bytes | bytearray | None) -> dict[str, str]:
    """The `error` object of a JSON answer, as far as it is one; its values as text."""
    try:
        error = json.loads(body or b"{}")["error"]
        return {key: value for key, value in error.items() if isinstance(value, str)}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}


def retry_after(named: Mapping[str, str]) -> float | None:
    """Seconds to wait as the service asks, from `retry-after-ms` or `retry-after` (seconds; a date is ignored)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(named[name]) * unit
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def size(frame: str) -> int:
    """UTF-8 bytes of a frame."""
    return len(frame) if frame.isascii() else len(frame.encode("utf-8", "surrogatepass"))
