"""The inbox: everything once and in order, nothing after the last request."""

from patchwire.agent.inbox import Inbox


def test_it_is_emptied_in_order_and_takes_nothing_once_it_is_closed() -> None:
    inbox = Inbox()
    assert inbox.add("one")
    assert inbox.add("two")
    assert (inbox.take(), inbox.take()) == (["one", "two"], [])
    inbox.close()
    assert not inbox.add("three")
    assert inbox.take() == []
