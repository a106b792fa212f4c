"""wire.state: the table, and the page that shows it."""

from pathlib import Path

import pytest

from patchwire.errors import LocalProtocolError
from patchwire.wire.state import TABLE, Move, State, after, diagram

PAGE = Path(__file__).parents[2] / "docs" / "conversation.md"


def test_every_state_can_be_reached_and_left():
    targets = {target for state, moves in TABLE.items() for target in moves.values() if target is not state}
    assert targets == set(State) == set(TABLE)


def test_whatever_happened_abandoning_makes_ready():
    assert {after(state, Move.ABANDON) for state in State} == {State.READY}


def test_only_a_ready_conversation_asks_and_only_an_owing_one_answers():
    assert [state for state in State if Move.ASK in TABLE[state]] == [State.READY]
    assert [state for state in State if Move.ANSWER in TABLE[state]] == [State.OWING]


def test_what_is_not_in_the_table_is_our_bug():
    with pytest.raises(LocalProtocolError, match="ask is not possible while the conversation is waiting"):
        after(State.WAITING, Move.ASK)


def test_the_page_shows_the_diagram_that_the_table_draws():
    shown = PAGE.read_text(encoding="utf-8").split("<!-- states: begin -->\n")[1].split("\n<!-- states: end -->")[0]
    assert shown == f"```mermaid\n{diagram()}\n```"


def test_the_diagram_has_one_arrow_per_pair_of_states():
    arrows = [line.split(":")[0].split() for line in diagram().splitlines() if "-->" in line and "[*]" not in line]
    pairs = {(state.name, target.name) for state, moves in TABLE.items() for target in moves.values()}
    assert sorted((a, b) for a, _, b in arrows) == sorted(pairs)
