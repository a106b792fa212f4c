"""Which model names the service knows and what each refuses, as published by 2026-11. Data, and one question to it."""

from dataclasses import dataclass

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Served:
    """One model: the efforts it takes (none at all: it does not reason), whether it takes sampling parameters, its
    window in tokens, and whether a running response of its can be steered."""

    efforts: tuple[str, ...] = _EFFORTS
    sampling: bool = True
    context: int = 400_000
    steering: bool = False


_GPT_6_ALWAYS = Served(("low", "medium", "high", "xhigh", "max"), sampling=False, context=1_050_000, steering=True)
_GPT_6 = Served(("none", "low", "medium", "high", "xhigh", "max"), sampling=False, context=1_050_000, steering=True)
_GPT_5 = Served()
_REASONING = Served(efforts=("low", "medium", "high"), sampling=False, context=200_000)
_PLAIN = Served(efforts=(), context=128_000)
_STRANGER = Served(context=10_000_000, steering=True)

_FAMILIES: dict[Served, str] = {
    _GPT_6_ALWAYS: "gpt-6-astra gpt-6.1-sol gpt-6.2-astra gpt-6.2-sol",
    _GPT_6: "gpt-6-luna gpt-6-sol gpt-6.1-terra",
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
    return _SERVED.get(model, _STRANGER)
