"""Which model names the service knows and what each refuses, as published by 2026-11. Data, and one question to it."""

from dataclasses import dataclass

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Served:
    """One model: the efforts it takes (none at all: it does not reason) and whether it takes sampling parameters."""

    efforts: tuple[str, ...] = _EFFORTS
    sampling: bool = True


_ASTRA = Served(efforts=("low", "medium", "high", "xhigh", "max"), sampling=False)
_GPT_6 = Served(efforts=("none", "low", "medium", "high", "xhigh", "max"), sampling=False)
_GPT_5 = Served()
_REASONING = Served(efforts=("low", "medium", "high"), sampling=False)
_PLAIN = Served(efforts=())

_FAMILIES: dict[Served, str] = {
    _ASTRA: "gpt-6-astra gpt-6.2-astra",
    _GPT_6: "gpt-6-luna gpt-6-sol gpt-6.1-sol gpt-6.1-terra gpt-6.2-sol",
    _GPT_5: (
        "gpt-5.6 gpt-5.6-luna gpt-5.6-sol gpt-5.6-terra gpt-5.5 gpt-5.5-pro gpt-5.4 gpt-5.4-mini gpt-5.4-nano "
        "gpt-5.3-chat-latest gpt-5.2 gpt-5.2-pro gpt-5.1 gpt-5.1-mini gpt-5.1-codex gpt-5.1-codex-max "
        "gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro gpt-5-codex"
    ),
    _REASONING: "codex-mini-latest o1 o1-pro o3 o3-mini o3-pro o4-mini",
    _PLAIN: "gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-4o gpt-4o-mini",
}
_SERVED = {name: served for served, names in _FAMILIES.items() for name in names.split()}

NAMES = tuple(sorted(_SERVED))
"""The names that the service knows by itself."""


def served(model: str) -> Served:
    """What a model takes; a name that only this server was told of takes everything."""
    return _SERVED.get(model, Served())
