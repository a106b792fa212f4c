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
    steps: int = field(default=0, init=False)
    """Exchanges that came to their end."""
    cost: float | None = field(default=None, init=False)
    _tokens: list[int] = field(default_factory=lambda: [0, 0, 0, 0], init=False)
    _calls: int = field(default=0, init=False)
    _spent: dict[str, float] = field(default_factory=lambda: {"model": 0.0, "tool": 0.0}, init=False)
    _started: float = field(init=False)
    _up: int = field(init=False)
    _down: int = field(init=False)
    _resends: int = field(init=False)

    def __post_init__(self) -> None:
        self._started = self.clock.now()
        self._up, self._down = self.transport.bytes_up, self.transport.bytes_down
        self._resends = self.conversation.resends

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
            self._spent[part] += self.clock.now() - began

    @property
    def usage(self) -> Usage:
        """The usage so far. Made when it is asked for: to count is part of every step, to read is not."""
        read, cached, written, reasoned = self._tokens
        return Usage(
            input_tokens=read,
            cached_tokens=cached,
            output_tokens=written,
            reasoning_tokens=reasoned,
            cost=self.cost,
            exchanges=self.steps,
            tool_calls=self._calls,
            bytes_up=self.transport.bytes_up - self._up,
            bytes_down=self.transport.bytes_down - self._down,
            resends=self.conversation.resends - self._resends,
            model_seconds=self._spent["model"],
            tool_seconds=self._spent["tool"],
        )

    def total(self, reconnects: int) -> Usage:
        """The usage of the whole turn, at its end."""
        own = max(0.0, self.seconds - sum(self._spent.values()))
        return replace(self.usage, reconnects=reconnects, own_seconds=own)

    def count_call(self) -> None:
        """One tool call was made."""
        self._calls += 1

    def count_exchange(self) -> None:
        """One exchange ended: take over what the service counted."""
        self.steps += 1
        if (response := self.conversation.response) is None:
            return
        used = response.usage
        counted = (used.input_tokens, used.cached_tokens, used.output_tokens, used.reasoning_tokens)
        self._tokens = [before + more for before, more in zip(self._tokens, counted, strict=True)]
        if self.price is not None:
            cost = self.price.cost(used.input_tokens, used.cached_tokens, used.output_tokens)
            self.cost = (self.cost or 0.0) + cost

    def exhausted(self) -> str:
        """Which limit is reached, as a clause for people; "" if none."""
        budget = self.budget
        if self.steps >= budget.steps:
            return f"the budget of {budget.steps} steps is used up"
        if not self.seconds_left:
            return self.out_of_time()
        if budget.tokens is not None and self._tokens[0] + self._tokens[2] >= budget.tokens:
            return f"the budget of {budget.tokens:,} tokens is used up"
        if budget.cost is not None and self.cost is not None and self.cost >= budget.cost:
            return f"the budget of ${budget.cost:.2f} is used up"
        return ""

    def out_of_time(self) -> str:
        """The clause for a turn whose time is over."""
        return f"the time limit of {self.budget.seconds:g} s is reached"
