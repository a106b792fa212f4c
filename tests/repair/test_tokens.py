"""Tokens of broken files."""

from hypothesis import given
from hypothesis import strategies as st

from patchwire.repair.tokens import Usage, lex


def test_tokens_without_blanks_and_comments() -> None:
    tokens = lex("\n\nif x1 == 'a' # why\n\n  and 2.5:\\\n y")
    assert [token.abstract for token in tokens] == ["if", "NAME", "==", "STRING", "\n", "and", "NUMBER", ":", "NAME"]
    assert [token.kind for token in tokens[:3]] == ["name", "name", "operator"]


def test_a_lonely_quote_is_a_token() -> None:
    assert [token.text for token in lex("f('a)")] == ["f", "(", "'", "a", ")"]


def test_what_is_usual_is_likelier() -> None:
    usage = Usage(lex("for a in b:\n    c(a)\n" * 5))
    assert usage.likelihood(["for", "NAME", "in", "NAME"]) > usage.likelihood(["for", "NAME", "=", "NAME"])


def test_names_by_their_neighbours() -> None:
    usage = Usage(lex("self.a = 1\nself.b = 2\nx.y\n"))
    assert usage.names_between("\n", ".", {"self"}, {}, 2)[0][0] == "self"
    assert usage.names_between("\n", ".", {"self"}, {"x": 9.0}, 2)[0][0] == "x"
    assert usage.names_between("\n", ".", set(), {"new": 9.0}, 2)[0][0] == "new"


@given(st.text(alphabet="ab '\"#\\\n(]{:1.0é", max_size=60))
def test_no_character_is_lost(text: str) -> None:
    for token in lex(text):
        assert text[token.start : token.end] == token.text
