"""The states of a conversation, and the one table that says which move is legal in which of them.

`docs/conversation.md` shows the table as a diagram that `diagram` drew; a test holds the page to it.
"""

from enum import Enum

from patchwire.errors import LocalProtocolError


class State(Enum):
    """Where a conversation stands."""

    READY = "ready"
    """Nothing is under way: the user may ask."""
    WAITING = "waiting"
    """A request is made and its response has not ended."""
    OWING = "owing"
    """A response ended with calls: every one of them wants its output."""
    FAILED = "failed"
    """A request was refused or its response failed: try again or give up."""


class Move(Enum):
    """What can happen: the first seven by our doing, the others by the service's."""

    WARM_UP = "warm_up"
    ASK = "ask"
    ANSWER = "answer"
    RESTART = "restart_chain"
    ABANDON = "abandon"
    REBASE = "rebase"
    FORK = "fork"
    COMPLETED = "completed"
    CALLED = "completed with calls"
    INCOMPLETE = "incomplete"
    FAILED = "failed or refused"


TABLE: dict[State, dict[Move, State]] = {
    State.READY: {
        Move.WARM_UP: State.WAITING,
        Move.ASK: State.WAITING,
        Move.RESTART: State.READY,
        Move.ABANDON: State.READY,
        Move.REBASE: State.READY,
        Move.FORK: State.READY,
    },
    State.WAITING: {
        Move.COMPLETED: State.READY,
        Move.CALLED: State.OWING,
        Move.INCOMPLETE: State.READY,
        Move.FAILED: State.FAILED,
        Move.RESTART: State.WAITING,
        Move.ABANDON: State.READY,
        Move.FORK: State.WAITING,
    },
    State.OWING: {
        Move.ANSWER: State.WAITING,
        Move.RESTART: State.OWING,
        Move.ABANDON: State.READY,
        Move.REBASE: State.OWING,
        Move.FORK: State.OWING,
    },
    State.FAILED: {
        Move.RESTART: State.WAITING,
        Move.ABANDON: State.READY,
        Move.REBASE: State.FAILED,
        Move.FORK: State.FAILED,
    },
}


def after(state: State, move: Move) -> State:
    """The state that a move leads to. Raises LocalProtocolError where it is not legal."""
    try:
        return TABLE[state][move]
    except KeyError:
        raise LocalProtocolError(f"{move.value} is not possible while the conversation is {state.value}") from None


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow per pair of states."""
    lines = ["stateDiagram-v2", "    [*] --> READY", "    [*] --> OWING: a history with open calls"]
    for state, moves in TABLE.items():
        for target in State:
            labels = [move.value for move in Move if moves.get(move) is target]
            if labels:
                lines.append(f"    {state.name} --> {target.name}: {', '.join(labels)}")
    return "\n".join(lines)
