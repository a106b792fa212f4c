"""Event streams in all their forms, in whatever pieces they come."""

from hypothesis import given
from hypothesis import strategies as st

from patchwire.adapters.event_stream import EventStream


def test_an_event_stream_in_all_its_forms() -> None:
    stream = (
        b': ping\n\nevent: a\ndata: {"a":1}\n\ndata:no space\r\n\r\nid: 7\rdata: two\rdata: lines\r\r'
        b"event: only\n\ndata: [DONE]\n\ndata: \xe2\x80\xa8\xc2\x85 stays\n\n"
    )
    assert EventStream().feed(stream) == ['{"a":1}', "no space", "two\nlines", "\u2028\x85 stays"]


@given(
    st.lists(st.text(alphabet="aü\u2028:\x85 {", min_size=1).filter(lambda text: text.strip()), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.data(),
)
def test_it_does_not_matter_in_what_pieces_a_stream_comes(texts: list[str], end: str, data: st.DataObject) -> None:
    raw = "".join(f"event: x{end}data: {text}{end}{end}" for text in texts).encode() + b": end\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    stream = EventStream()
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert [event for piece in pieces for event in stream.feed(piece)] == texts
