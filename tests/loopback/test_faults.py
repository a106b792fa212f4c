"""Which fault befalls whom. What each looks like to a client stands in `test_connection` and `test_failures`."""

from patchwire.loopback.faults import Drop, Faults, Forget, Refuse, Slam


def test_a_number_goes_before_every_time() -> None:
    faults = Faults(requests={2: Drop()}, connections={1: Slam()}, every_request=Forget(), every_connection=Refuse(503))
    assert [faults.of_request(number) for number in (1, 2)] == [Forget(), Drop()]
    assert [faults.of_connection(number) for number in (1, 2)] == [Slam(), Refuse(503)]
    assert Faults().of_request(1) is None
    assert Faults().of_connection(1) is None
