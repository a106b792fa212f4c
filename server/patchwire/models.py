"""The models we know by name: what each takes, what it refuses, and what it cost on the day the page was read.

Data only, no behaviour beyond looking a name up. A name that is not here works too: it gets the cautious defaults of
`UNKNOWN`, and no price. Facts: OpenAI's model pages, read 2026-11-22.
"""

from dataclasses import dataclass, replace

DEFAULT_MODEL = "gpt-6.2-sol"
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, as published on `dated`. `cached` None is charged as `input`: an upper bound.

    Above `long_context` input tokens a whole request costs twice the input and one and a half times the output price.
    """

    input: float
    output: float
    dated: str
    cached: float | None = None
    long_context: int | None = None

    def cost(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """US dollars for one request; `cached_tokens` are part of `input_tokens`, reasoning is part of the output."""
        is_long = self.long_context is not None and input_tokens > self.long_context
        cached_price = self.input if self.cached is None else self.cached
        fresh = (input_tokens - cached_tokens) * self.input + cached_tokens * cached_price
        return (fresh * (2.0 if is_long else 1.0) + output_tokens * self.output * (1.5 if is_long else 1.0)) / 1e6


@dataclass(frozen=True, slots=True)
class Model:
    """One model: the reasoning efforts it takes, its window in tokens, the parameters it refuses, and its price.

    `effort` is what we ask for where the user says nothing; None sends no effort at all. `compacts` says that its
    service makes a long context smaller by itself when asked to.
    """

    name: str
    efforts: tuple[str, ...]
    context: int
    effort: str | None = "medium"
    refuses: tuple[str, ...] = ()
    price: Price | None = None
    compacts: bool = False


# A server of the user's own may know no reasoning: it is asked for only when the user names an effort.
UNKNOWN = Model("", efforts=EFFORTS, context=128_000, effort=None)


def _gpt6(name: str, price: Price, *, none: bool = False) -> Model:
    """A model of the GPT-6 family; `none` says that it can be told not to reason."""
    efforts = ("low", "medium", "high", "xhigh", "max")
    return Model(
        name,
        efforts=("none", *efforts) if none else efforts,
        context=1_050_000,
        refuses=("temperature", "top_p", "top_logprobs"),
        price=replace(price, long_context=272_000),
        compacts=True,
    )


KNOWN = (
    _gpt6("gpt-6.2-sol", Price(2.0, 10.0, "2026-11-22", cached=0.10)),
    _gpt6("gpt-6.2-astra", Price(8.0, 40.0, "2026-11-18")),
    _gpt6("gpt-6.1-sol", Price(2.0, 10.0, "2026-10-13", cached=0.10)),
    _gpt6("gpt-6-astra", Price(10.0, 50.0, "2026-09-29", cached=1.0)),
    _gpt6("gpt-6-sol", Price(2.0, 10.0, "2026-09-22", cached=0.20), none=True),
    _gpt6("gpt-6-luna", Price(0.10, 0.50, "2026-09-22", cached=0.01), none=True),
)

OFFLINE_MODEL = Model(
    "patchwire-offline",
    efforts=(),
    context=10_000_000,
    effort=None,
    price=Price(0.0, 0.0, "2026-11-22", cached=0.0),
)


def find(name: str, price: Price | None = None) -> Model:
    """The model of that name, or `UNKNOWN` under that name; `price` overrides ours."""
    known = next((m for m in (*KNOWN, OFFLINE_MODEL) if m.name == name), replace(UNKNOWN, name=name))
    return replace(known, price=price) if price is not None else known
