"""One frozen `Settings`, read from plain mappings. The shells fill the mappings: from the environment, from options.

Knows no file and no environment variable's value but through the mapping it is given, so that every combination can be
tested as a value. Only the user's own side is read: nothing in a repository can set an endpoint or a key.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from patchwire.errors import SettingsError
from patchwire.models import DEFAULT_MODEL, OFFLINE_MODEL, Model, Price, find

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TRANSPORTS = ("auto", "websocket", "http")
LEVELS = ("overlay", "bind", "container", "copy", "patch-only")
"""How far a turn is kept from tree and machine, the best first. With `container` the machine itself is disposable."""
ISOLATIONS = ("auto", *LEVELS)

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Grants:
    """What the user lets tests and commands have beyond the sandbox's own: variables by name, the network, paths."""

    environment: tuple[str, ...] = ()
    network: bool = False
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


NO_GRANTS = Grants()


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a model, and which. `api_key` never appears in a representation of this value.

    `key_command` is a program and its arguments that prints the key; it goes before `api_key`. `transport` is one of
    `TRANSPORTS`. `warm_up` lets the service read instructions and tools while the workspace is being made. With
    `journal` sessions are written down on this machine, with `store` the service keeps its responses. `run_command`
    lets the model run commands of its own where the workspace keeps them away from the user's machine. `isolation` is
    one of `ISOLATIONS` (`auto` is the best there is), `least_isolation` what it must be at least, or None.
    """

    model: Model
    effort: str | None
    base_url: str = DEFAULT_BASE_URL
    api_key: str = field(default="", repr=False)
    organization: str | None = None
    project: str | None = None
    offline: bool = False
    key_command: tuple[str, ...] = field(default=(), repr=False)
    transport: str = "auto"
    warm_up: bool = False
    journal: bool = False
    store: bool = False
    run_command: bool = True
    isolation: str = "auto"
    least_isolation: str | None = None
    grants: Grants = NO_GRANTS


def read(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Options win over the environment.

    Options: `model`, `effort`, `base_url`, `transport`, `offline`, `journal`, `isolation`, `require_isolation`,
    `pass_env`, `allow_network`, `readable`, `writable`, `run_command`.

    `offline`, `journal`, `allow_network` and `run_command` are truthy texts; names are separated by commas, paths as in
    PATH. A journal is only kept where the shell asks for one and nothing in the environment speaks against it.

    Raises SettingsError, naming the key: no way to reach a model, a URL that is none, an effort that the model refuses.
    """
    offline = _flag("PATCHWIRE_OFFLINE", options.get("offline") or environment.get("PATCHWIRE_OFFLINE", ""))
    transport = _transport(options.get("transport") or environment.get("PATCHWIRE_TRANSPORT") or "auto")
    journal = (
        _flag("journal", options.get("journal") or "0")
        and _flag("PATCHWIRE_JOURNAL", environment.get("PATCHWIRE_JOURNAL", "1"))
        and not _flag("PATCHWIRE_ZERO_RETENTION", environment.get("PATCHWIRE_ZERO_RETENTION", "0"))
    )
    run_command = _flag(
        "PATCHWIRE_RUN_COMMAND", options.get("run_command") or environment.get("PATCHWIRE_RUN_COMMAND") or "1"
    )
    common = Settings(
        model=OFFLINE_MODEL,
        effort=None,
        offline=offline,
        transport=transport,
        journal=journal,
        run_command=run_command and not offline,  # the offline model runs no commands
        isolation=_level("isolation", _said(options, environment, "isolation") or "auto", ISOLATIONS),
        least_isolation=_level("require-isolation", _said(options, environment, "require_isolation"), LEVELS) or None,
        grants=_grants(options, environment),
    )
    if offline:
        return common
    command = _command(environment.get("PATCHWIRE_KEY_COMMAND", ""))
    key = "" if command else _key(environment.get("OPENAI_API_KEY", "").strip())
    model = find(
        options.get("model") or environment.get("PATCHWIRE_MODEL") or DEFAULT_MODEL,
        _price(environment.get("PATCHWIRE_PRICE", "")),
    )
    return replace(
        common,
        model=model,
        effort=_effort(model, options.get("effort") or environment.get("PATCHWIRE_EFFORT") or None),
        base_url=_base_url(options.get("base_url") or environment.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL),
        api_key=key,
        organization=environment.get("OPENAI_ORG_ID") or None,
        project=environment.get("OPENAI_PROJECT_ID") or None,
        key_command=command,
        warm_up=_flag("PATCHWIRE_WARM_UP", environment.get("PATCHWIRE_WARM_UP", "1")),
        store=_flag("PATCHWIRE_STORE", environment.get("PATCHWIRE_STORE", "0")),
    )


def _said(options: Mapping[str, str | None], environment: Mapping[str, str], name: str) -> str:
    return options.get(name) or environment.get(f"PATCHWIRE_{name.upper()}") or ""


def _level(key: str, text: str, known: tuple[str, ...]) -> str:
    if text and text not in known:
        raise SettingsError(key, f"there is no isolation {text!r}: choose {', '.join(known)}")
    return text


def _grants(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Grants:
    names, network, readable, writable = (
        _said(options, environment, name) for name in ("pass_env", "allow_network", "readable", "writable")
    )
    return Grants(
        tuple(name.strip() for name in names.split(",") if name.strip()),
        _flag("allow_network", network),
        _paths("readable", readable),
        _paths("writable", writable),
    )


def _paths(key: str, text: str) -> tuple[Path, ...]:
    paths = tuple(Path(part) for part in text.split(os.pathsep) if part)
    for path in paths:
        if not path.is_absolute() or ".." in path.parts:
            raise SettingsError(key, f"{path} is not an absolute path: write one")
    return paths


def _key(text: str) -> str:
    if not text:
        raise SettingsError(
            "OPENAI_API_KEY",
            "no API key: set OPENAI_API_KEY to use a model, or add --offline to use the built-in model without one",
        )
    if not text.isascii() or any(c.isspace() for c in text):
        raise SettingsError("OPENAI_API_KEY", "OPENAI_API_KEY holds a space or a character that no key has")
    return text


def _command(text: str) -> tuple[str, ...]:
    """A command as its words; it is started without a shell."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise SettingsError(
            "PATCHWIRE_KEY_COMMAND", "PATCHWIRE_KEY_COMMAND cannot be read as a command: a quote is never closed"
        ) from None


def _transport(text: str) -> str:
    if text not in TRANSPORTS:
        raise SettingsError("transport", f"there is no transport {text!r}: choose {', '.join(TRANSPORTS)}")
    return text


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
        entered, cached, output = amounts = [float(part) for part in text.split("/")]
        if not all(0 <= amount < float("inf") for amount in amounts):
            raise ValueError
    except ValueError:
        raise SettingsError(
            "PATCHWIRE_PRICE", f"PATCHWIRE_PRICE is {text!r}: write input/cached/output per million tokens, as 2/0.1/10"
        ) from None
    return Price(entered, output, "set by the user", cached=cached)
