"""The oracle's record."""

from patchwire.loopback.record import Exchange, Record


def test_exchanges_stand_in_the_order_in_which_they_began() -> None:
    record = Record()
    one, two = (record.begin(Exchange(1, None, {"n": n})) for n in (1, 2))
    record.end(two, "completed", output=({"id": "msg_1"},))
    record.end(one, "refused", error={"code": "x"})
    assert [(e.body["n"], e.status, e.output, e.error) for e in record.exchanges] == [
        (1, "refused", (), {"code": "x"}),
        (2, "completed", ({"id": "msg_1"},), None),
    ]


def test_what_has_not_ended_is_lost_and_what_has_is_not() -> None:
    record = Record()
    one, two = (record.begin(Exchange(1, None, {})) for _ in range(2))
    record.end(one, "failed")
    record.lose(one)
    record.lose(two)
    assert [exchange.status for exchange in record.exchanges] == ["failed", "lost"]


def test_the_oldest_are_forgotten() -> None:
    record = Record(limit=1)
    one = record.begin(Exchange(1, None, {"n": 1}))
    record.begin(Exchange(1, None, {"n": 2}))
    record.end(one, "completed")
    record.lose(one)
    assert [exchange.body["n"] for exchange in record.exchanges] == [2]
