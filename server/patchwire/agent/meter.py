"""What a turn has used so far, and which limit of its budget it has reached. Counts; never stops anything itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from patchwire.models import Price
from patchwire.ports import Clock, Transport
from patchwire.task import Budget, Usage
from patchwire.wire.conversation import Conversation


@dataclass(slots=True)
class Meter:
    """The meter of one turn; it starts running when it is made.

    The transport and the conversation outlive turns, so what they had counted before is taken off.
    """

    budget: Budget
    clock: Clock
    transport: Transport
    conversation: Conversation
    price: Price | None = None
    usage: Usage = field(default_factory=Usage, init=False)
    _started: float = field(init=False)
    _up: int = field(init=False)
    _down: int = field(init=False)
    _resends: int = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock.now()
        self._up, self._down = self.transport.bytes_up, self.transport.bytes_down
        self._resends = self.conversation.resends

    @property
    def steps(self) -> int:
        """Exchanges that came to their end."""
        return self.usage.exchanges

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.clock.now() - self._started

    @property
    def run_seconds(self) -> float:
        """What one run of the tests may take: a third of what is left, so that one that hangs can still be mended."""
        return self.seconds_left / 3

    @property
    def seconds_left(self) -> float:
        """Seconds of the budget that are left, never below zero."""
        return max(0.0, self.budget.seconds - self.seconds)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """What happens inside counts for `model` or `tool`; what is in neither is ours. Not to be nested."""
        began = self.clock.now()
        try:
            yield
        finally:
            name = f"{part}_seconds"
            spent = getattr(self.usage, name) + self.clock.now() - began
            self.usage = replace(self.usage, **{name: spent})

    def total(self, reconnects: int) -> Usage:
        """The usage of the whole turn, at its end."""
        usage = self.usage
        return replace(
            usage,
            bytes_up=self.transport.bytes_up - self._up,
            bytes_down=self.transport.bytes_down - self._down,
            resends=self.conversation.resends - self._resends,
            reconnects=reconnects,
            own_seconds=max(0.0, self.seconds - usage.model_seconds - usage.tool_seconds),
        )

    def count_call(self) -> None:
        """One tool call was made."""
        self.usage = replace(self.usage, tool_calls=self.usage.tool_calls + 1)

    def count_exchange(self) -> None:
        """One exchange ended: take over what the service counted, and the bytes."""
        usage, response = self.usage, self.conversation.response
        if response is not None:
            used = response.usage
            cost = usage.cost
            if self.price is not None:
                cost = (cost or 0.0) + self.price.cost(used.input_tokens, used.cached_tokens, used.output_tokens)
            usage = replace(
                usage,
                input_tokens=usage.input_tokens + used.input_tokens,
                cached_tokens=usage.cached_tokens + used.cached_tokens,
                output_tokens=usage.output_tokens + used.output_tokens,
                reasoning_tokens=usage.reasoning_tokens + used.reasoning_tokens,
                cost=cost,
            )
        self.usage = replace(
            usage,
            exchanges=usage.exchanges + 1,
            bytes_up=self.transport.bytes_up - self._up,
            bytes_down=self.transport.bytes_down - self._down,
            resends=self.conversation.resends - self._resends,
        )

    def exhausted(self) -> str:
        """Which limit is reached, as a clause for people; "" if none."""
        budget, usage = self.budget, self.usage
        if usage.exchanges >= budget.steps:
            return f"the budget of {budget.steps} steps is used up"
        if not self.seconds_left:
            return self.out_of_time()
        if budget.tokens is not None and usage.input_tokens + usage.output_tokens >= budget.tokens:
            return f"the budget of {budget.tokens:,} tokens is used up"
        if budget.cost is not None and usage.cost is not None and usage.cost >= budget.cost:
            return f"the budget of ${budget.cost:.2f} is used up"
        return ""

    def out_of_time(self) -> str:
        """The clause for a turn whose time is over."""
        return f"the time limit of {self.budget.seconds:g} s is reached"
