"""The conversation: its history, the chain of responses that the service remembers, and what to send next.

Strings come in, strings go out; knows no socket, no clock and no tool. The history is the truth. The service's memory
of this connection's last response (`previous_response_id`) only saves sending it again: as long as the chain holds and
every other field of the request is unchanged, a request carries new items alone, otherwise everything.

Two decisions that concern what is sent:

- The service's items are replayed verbatim: unknown kinds, `phase`, encrypted reasoning, `id` and all. (Codex strips
  the ids where nothing is stored. We keep them, because the published request types require them on messages and
  reasoning, and because the context that the service sees is then exactly `history`. Reasoning is replayable without
  storage only with its `encrypted_content`: who sets `store: false` puts `reasoning.encrypted_content` into `include`.)
- Fields stand in a fixed order with `input` last, so that a full request repeats the last one's bytes and adds to them.

The rest of an abandoned response is told apart by its id (`wire.floor`). A request that was abandoned before its
response began has no id to tell it by: close its connection.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patchwire.errors import LocalProtocolError
from patchwire.wire.draft import Draft
from patchwire.wire.events import (
    Completed,
    Created,
    Failed,
    Incomplete,
    Other,
    Refused,
    ServerEvent,
    TokenUsage,
    decode,
    interpret,
    response_id,
)
from patchwire.wire.floor import Floor
from patchwire.wire.items import (
    Item,
    ToolCall,
    ToolOutput,
    final_text_of,
    last_compaction,
    open_calls,
    settled_length,
    text_of,
    without_open_calls,
)
from patchwire.wire.request import RequestSettings, encode
from patchwire.wire.state import Move, State, after


@dataclass(frozen=True, slots=True)
class Response:
    """A response that ended. `incomplete` says why it was cut short; None where it was not."""

    id: str
    output: tuple[Item, ...]
    usage: TokenUsage
    incomplete: str | None = None

    @property
    def text(self) -> str:
        """All that the model said."""
        return text_of(self.output)

    @property
    def final_text(self) -> str:
        """What it said in the end, without its notes on the way."""
        return final_text_of(self.output)


@dataclass(frozen=True, slots=True)
class _Chain:
    """What the service remembers: after response `parent`, made with `head`, the first `covered` items of history."""

    parent: str
    head: str
    covered: int


class Conversation:
    """A machine with the states of `wire.state`; a method that is called in the wrong one raises LocalProtocolError.

    `settings` may be replaced at any time and hold from the next request on, which then is a full one. A `history` with
    open calls starts in OWING.
    """

    def __init__(self, settings: RequestSettings, history: Iterable[Item] = ()) -> None:
        self.settings = settings
        self._history = list(history)
        self._open = open_calls(self._history)
        self._state = State.OWING if self._open else State.READY
        self._settled = settled_length(self._history)
        self._chain: _Chain | None = None
        self._response: Response | None = None
        self._requests = self._resends = 0
        self._replaced_partial = False
        # The request under way: whether it is still to be sent, its head as sent, its response as far as it came.
        self._unsent = False
        self._warming = False
        self._head = ""
        self._encoded: tuple[RequestSettings, str] | None = None
        self._draft = Draft()
        self._floor = Floor()

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._state

    @property
    def history(self) -> tuple[Item, ...]:
        """The transcript: every item that the next request's context will hold, the input of a pending one included."""
        return tuple(self._history)

    @property
    def settled(self) -> tuple[Item, ...]:
        """The part of the history that a compacted window may replace: all of it while READY.

        While calls are open, or a request failed, what it is about stays out: the calls and their outputs, or what
        the user asked.
        """
        return tuple(self._history[: self._settled])

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The calls that `answer` must answer."""
        return self._open

    @property
    def response(self) -> Response | None:
        """The last response that ended well or incomplete."""
        return self._response

    @property
    def requests(self) -> int:
        """How many requests were handed out to be sent."""
        return self._requests

    @property
    def resends(self) -> int:
        """How many of them repeated one that was lost, refused or failed."""
        return self._resends

    @property
    def replaced_partial(self) -> bool:
        """Whether the last `restart_chain` made void what `receive` had already handed out of a response."""
        return self._replaced_partial

    def warm_up(self) -> None:
        """Let the service read settings and history as they stand, and say nothing: a chain to begin with."""
        after(self._state, Move.WARM_UP)
        self._request(Move.WARM_UP, ())
        self._warming = True

    def ask(self, *items: Item) -> None:
        """Ask the model with new items of the user's (none: go on from the history as it stands)."""
        after(self._state, Move.ASK)
        if not items and not self._history:
            raise LocalProtocolError("there is nothing to ask about")
        self._settled = len(self._history)
        self._request(Move.ASK, items)

    def answer(self, outputs: Sequence[ToolOutput], *more: Item) -> None:
        """Answer every open call, in any order; `more` is what the user said meanwhile.

        Raises LocalProtocolError unless every open call is answered exactly once.
        """
        after(self._state, Move.ANSWER)
        answers = {output.call.call_id: output for output in outputs}
        if len(outputs) != len(self._open) or answers.keys() != {call.call_id for call in self._open}:
            wanted = ", ".join(call.call_id for call in self._open)
            raise LocalProtocolError(f"each of these calls needs exactly one output: {wanted}")
        items = [ToolOutput(call, answers[call.call_id].text, answers[call.call_id].ok).item() for call in self._open]
        self._request(Move.ANSWER, [*items, *more])

    def withhold(self) -> None:
        """The request that was handed out is not sent, for it is too large: FAILED, as if it had been refused."""
        self._state = after(self._state, Move.FAILED)
        self._requests -= 1
        self._unsent = True

    def restart_chain(self, *, id_still_good: bool = False) -> None:
        """Lose no history but the chain: while a request waits or has failed, it is made again, in full.

        The one remedy for a lost connection, its lifetime limit and `previous_response_not_found`. With
        `id_still_good` (the connection is new, and the service has refused nothing) a stored response is continued.
        """
        again = self._state in (State.WAITING, State.FAILED)
        self._state = after(self._state, Move.RESTART)
        if not (id_still_good and self.settings.stored):
            self._chain = None
        self._replaced_partial = again and self._draft.begun
        if again:
            self._resends += not self._unsent
            self._floor.part(ended=False)
            self._draft = Draft()
            self._unsent = True

    def abandon(self, text: str) -> None:
        """Give up what is under way: `text` answers the open calls, the user's items stay. Legal in every state."""
        self._state = after(self._state, Move.ABANDON)
        self._history += [ToolOutput(call, text, ok=False).item() for call in self._open]
        self._open = ()
        self._settled = len(self._history)
        self._chain = None
        self._unsent = False
        self._floor.part(ended=False)

    def rebase(self, window: Sequence[Item]) -> None:
        """Put a compacted window in the place of what is `settled`; it begins a new chain.

        Raises LocalProtocolError for a window with open calls.
        """
        state = after(self._state, Move.REBASE)
        if open_calls(window):
            raise LocalProtocolError("a compacted window must not hold open calls")
        self._state = state
        self._history[: self._settled] = window
        self._settled = len(window)
        self._chain = None

    def fork(self) -> "Conversation":
        """Another conversation that goes on from what is settled here: READY, with a chain of its own."""
        self._state = after(self._state, Move.FORK)
        return Conversation(self.settings, self.settled)

    def frames_to_send(self, *, incremental: bool = True) -> tuple[str, ...]:
        """The frames that are due, once: the request that was just made, or nothing.

        Where the other end is not `incremental`, it only knows responses that it was asked to store.
        """
        if not self._unsent:
            return ()
        # Encoding instructions and tools is most of the work of a short request: it is done once for the same settings.
        if self._encoded is None or self._encoded[0] is not self.settings:
            self._encoded = (self.settings, self.settings.encoded())
        self._head = self._encoded[1]
        parent, covered = "", 0
        known = self._chain if incremental or self.settings.stored else None
        if known is not None and known.head == self._head:
            parent, covered = f',"previous_response_id":{encode(known.parent)}', known.covered
        only = ',"generate":false' if self._warming else ""
        frame = f'{self._head}{only}{parent},"input":{encode(self._history[covered:])}}}'
        self._unsent = False
        self._requests += 1
        return (frame,)

    def receive(self, frame: str) -> ServerEvent:
        """Take one frame; the event it is, or `Other` where it is no business of the request that waits.

        Raises ConnectionLost for a frame that is not the service's language.
        """
        raw = decode(frame)
        event = interpret(raw)
        if isinstance(event, Refused):
            if not (event.error.rotation and self.settings.stored):
                self._chain = None
            if self._expecting:
                self._floor.part(ended=False)
                self._state = after(self._state, Move.FAILED)
            return event
        ends = isinstance(event, Completed | Incomplete | Failed)
        unnamed = self._floor.ours is None
        if not self._floor.is_ours(response_id(raw), expecting=self._expecting, ends=ends):
            return Other(raw["type"])
        if unnamed and isinstance(event, Created):
            self._draft = Draft()  # what came before its first event was some other response's
        self._draft.feed(raw)
        match event:
            case Completed():
                self._complete(event)
            case Incomplete():
                self._cut_short(event)
            case Failed():
                self._chain = None
                self._end(Move.FAILED)
            case _:
                pass
        return event

    @property
    def _expecting(self) -> bool:
        return self._state is State.WAITING and not self._unsent

    def _complete(self, event: Completed) -> None:
        if self._warming:
            self._warmed(event)
            return
        output = self._draft.items(event.output)
        before = self._take(output)
        self._open = open_calls(output)
        parent = self._floor.ours
        self._chain = _Chain(parent, self._head, len(self._history)) if parent else None
        self._response = Response(event.response_id, output, event.usage)
        self._settled = before if self._open else len(self._history)
        self._end(Move.CALLED if self._open else Move.COMPLETED)

    def _warmed(self, event: Completed) -> None:
        """A service that knows no warm-up has answered, and would remember its answer: that is no chain of ours."""
        parent = self._floor.ours
        said = self._draft.items(event.output)
        self._chain = _Chain(parent, self._head, len(self._history)) if parent and not said else None
        self._end(Move.COMPLETED)

    def _cut_short(self, event: Incomplete) -> None:
        if self._warming:
            self._chain = None
            self._end(Move.INCOMPLETE)
            return
        output = without_open_calls(self._draft.items(event.output))
        self._take(output)
        self._chain = None
        self._response = Response(event.response_id, output, event.usage, event.reason)
        self._settled = len(self._history)
        self._end(Move.INCOMPLETE)

    def _take(self, output: Sequence[Item]) -> int:
        """Add a response's items to the history; how many items of the history stand before them.

        A compaction that the service made in this response stands for all that came before it, for the service as well.
        """
        place = last_compaction(output)
        if place is not None:
            self._history = list(output[place:])
            return 0
        self._history += output
        return len(self._history) - len(output)

    def _request(self, move: Move, items: Iterable[Item]) -> None:
        self._state = after(self._state, move)
        self._history += items
        self._open = ()
        self._draft = Draft()
        self._replaced_partial = False
        self._unsent = True
        self._warming = False

    def _end(self, move: Move) -> None:
        self._state = after(self._state, move)
        self._floor.part(ended=True)
