"""One frozen `Settings`, read from plain mappings. The shells fill the mappings: from the environment, from options.

Knows no file and no environment variable's value but through the mapping it is given, so that every combination can be
tested as a value. Only the user's own side is read: nothing in a repository can set an endpoint or a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from patchwire.errors import SettingsError
from patchwire.models import DEFAULT_MODEL, OFFLINE_MODEL, Model, Price, find

DEFAULT_BASE_URL = "https://api.openai.com/v1"

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a model, and which. `api_key` never appears in a representation of this value."""

    model: Model
    effort: str | None
    base_url: str = DEFAULT_BASE_URL
    api_key: str = field(default="", repr=False)
    organization: str | None = None
    project: str | None = None
    offline: bool = False


def read(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Options win over the environment. Options: `model`, `effort`, `base_url`, `offline` (any truthy text).

    Raises SettingsError, naming the key: no way to reach a model, a URL that is none, an effort that the model refuses.
    """
    offline = _flag("PATCHWIRE_OFFLINE", options.get("offline") or environment.get("PATCHWIRE_OFFLINE", ""))
    if offline:
        return Settings(model=OFFLINE_MODEL, effort=None, offline=True)
    key = environment.get("OPENAI_API_KEY", "").strip()
    if not key:
        raise SettingsError(
            "OPENAI_API_KEY",
            "no API key: set OPENAI_API_KEY to use a model, or add --offline to use the built-in model without one",
        )
    if not key.isascii() or any(c.isspace() for c in key):
        raise SettingsError("OPENAI_API_KEY", "OPENAI_API_KEY holds a space or a character that no key has")
    model = find(
        options.get("model") or environment.get("PATCHWIRE_MODEL") or DEFAULT_MODEL,
        _price(environment.get("PATCHWIRE_PRICE", "")),
    )
    return Settings(
        model=model,
        effort=_effort(model, options.get("effort") or environment.get("PATCHWIRE_EFFORT") or None),
        base_url=_base_url(options.get("base_url") or environment.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL),
        api_key=key,
        organization=environment.get("OPENAI_ORG_ID") or None,
        project=environment.get("OPENAI_PROJECT_ID") or None,
    )


def _flag(key: str, text: str) -> bool:
    value = text.strip().lower()
    if value not in _TRUE | _FALSE:
        raise SettingsError(key, f"{key} is {text!r}: write 1 or 0")
    return value in _TRUE


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https", "ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError("OPENAI_BASE_URL", f"the base URL {text!r} is none: write one like {DEFAULT_BASE_URL}")
    return text.rstrip("/")


def _effort(model: Model, wanted: str | None) -> str | None:
    if wanted is None:
        return model.effort
    if wanted not in model.efforts:
        raise SettingsError("effort", f"{model.name} takes no effort {wanted!r}: choose {', '.join(model.efforts)}")
    return wanted


def _price(text: str) -> Price | None:
    """`input/cached/output` in US dollars per million tokens."""
    if not text:
        return None
    try:
        amounts = [float(part) for part in text.split("/")]
        entered, cached, output = amounts
    except ValueError:
        raise SettingsError(
            "PATCHWIRE_PRICE", f"PATCHWIRE_PRICE is {text!r}: write input/cached/output per million tokens, as 2/0.1/10"
        ) from None
    return Price(entered, output, "set by the user", cached=cached)
