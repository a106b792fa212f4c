"""What the user has set: environment, `initializationOptions` and `workspace/configuration`, as one value to be asked.

Knows which of them may say what. A configuration may have been read from the repository, so it can not name a service,
a program that prints keys, or say that the workspace is trusted; in a workspace that is not trusted it says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from patchwire.errors import SettingsError
from patchwire.settings import Settings, read
from patchwire.task import Budget

_KINDS: dict[str, tuple[type, ...]] = {
    "offline": (bool,),
    "model": (str,),
    "effort": (str,),
    "transport": (str,),
    "testCommand": (str,),
    "afterApply": (str,),
    "maxSteps": (int,),
    "maxSeconds": (int, float),
    "maxTokens": (int,),
    "maxCost": (int, float),
    "journal": (bool,),
    "trusted": (bool,),
    "baseUrl": (str,),
    "keyCommand": (str,),
    "isolation": (str,),
    "requireIsolation": (str,),
    "events": (bool,),
    "canAsk": (bool,),
    "canSave": (bool,),
}
_WORDS = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}
_OPTIONS_ONLY = frozenset(
    {"trusted", "baseUrl", "keyCommand", "isolation", "requireIsolation", "events", "canAsk", "canSave"}
)
_AFTER_APPLY = ("save", "leave")


@dataclass(slots=True)
class Wishes:
    """A machine: `configure`, `choose` and `set_key` change what later turns get."""

    environment: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    trusted: bool = field(default=True, init=False)
    _configuration: Mapping[str, Any] = field(default_factory=dict, init=False)
    _chosen: dict[str, str | None] = field(default_factory=dict, init=False)
    _key: str | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.trusted = self.options.get("trusted") is not False

    def configure(self, configuration: Any) -> None:
        """What `workspace/configuration` answered for our section; anything but an object says nothing."""
        self._configuration = configuration if isinstance(configuration, Mapping) else {}

    def choose(self, model: str | None, effort: str | None) -> None:
        """The user's choice for later turns. Raises SettingsError, and changes nothing, if there is no such thing."""
        before = self._chosen
        self._chosen = {"model": model, "effort": effort}
        try:
            self.settings()
        except SettingsError as error:
            if error.key != "OPENAI_API_KEY":
                self._chosen = before
                raise

    def set_key(self, key: str | None) -> None:
        """The key that goes before all others; None forgets it. Raises SettingsError for what no key looks like."""
        if key is not None and (not key.isascii() or not key or any(c.isspace() for c in key)):
            raise SettingsError("key", "The key is empty or holds a character that no key has.")
        self._key = key

    def flag(self, name: str) -> bool:
        """One of the switches that are off unless the client says otherwise."""
        return self.options.get(name) is True

    def settings(self) -> Settings:
        """How to reach a model, and which. Raises SettingsError in the words of an editor's user."""
        environment = dict(self.environment)
        if self._key is not None:
            environment["OPENAI_API_KEY"] = self._key
            environment.pop("PATCHWIRE_KEY_COMMAND", None)
        elif command := self._text("keyCommand"):
            environment["PATCHWIRE_KEY_COMMAND"] = command
        offline, journal = self._said("offline"), self._said("journal")
        try:
            return read(
                {
                    "model": self._chosen.get("model") or self._text("model"),
                    "effort": self._chosen.get("effort") or self._text("effort"),
                    "base_url": self._text("baseUrl"),
                    "transport": self._text("transport"),
                    "offline": None if offline is None else "1" if offline else "0",
                    "journal": "0" if journal is False else "1",
                    "isolation": self._text("isolation"),
                    "require_isolation": self._text("requireIsolation"),
                },
                environment,
            )
        except SettingsError as error:
            if error.key == "OPENAI_API_KEY" and not environment.get("OPENAI_API_KEY"):
                raise SettingsError(
                    error.key,
                    "There is no API key: set OPENAI_API_KEY where the editor is started, or turn the setting "
                    "patchwire.offline on to use the built-in model without one.",
                ) from error
            raise

    def budget(self) -> Budget:
        """The limits of a turn. Raises SettingsError for one that is none."""
        default = Budget()
        seconds, cost = self._limit("maxSeconds"), self._limit("maxCost")
        steps, tokens = self._limit("maxSteps"), self._limit("maxTokens")
        return Budget(
            steps=default.steps if steps is None else int(steps),
            seconds=default.seconds if seconds is None else seconds,
            tokens=None if tokens is None else int(tokens),
            cost=cost,
        )

    @property
    def test_command(self) -> str | None:
        """How the user runs the tests; None: it is found out."""
        return self._text("testCommand") or self.environment.get("PATCHWIRE_TEST") or None

    @property
    def isolation(self) -> str:
        """The isolation that the user has set; `auto` if none."""
        return self._text("isolation") or self.environment.get("PATCHWIRE_ISOLATION") or "auto"

    @property
    def saves(self) -> bool:
        """Whether what was applied shall be on the disk. Raises SettingsError for a word that is none of ours."""
        wanted = self._text("afterApply") or _AFTER_APPLY[0]
        if wanted not in _AFTER_APPLY:
            raise SettingsError("afterApply", f"The setting patchwire.afterApply is {wanted!r}: write save or leave.")
        return wanted == _AFTER_APPLY[0]

    def _limit(self, name: str) -> float | None:
        value = self._said(name)
        if value is None:
            return None
        if not 0 < value < float("inf"):
            raise SettingsError(name, f"The setting patchwire.{name} is {value}: write a number above zero.")
        return float(value)

    def _text(self, name: str) -> str | None:
        value = self._said(name)
        return value.strip() or None if isinstance(value, str) else None

    def _said(self, name: str) -> Any:
        """The value that counts, of the right kind; None where nobody says anything."""
        value = None
        if name not in _OPTIONS_ONLY and self.trusted:
            value = self._configuration.get(name)
        if value is None:
            value = self.options.get(name)
        kinds = _KINDS[name]
        if value is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))):
            return value
        raise SettingsError(name, f"The setting patchwire.{name} is {value!r}: write {_WORDS[kinds[-1]]}.")
