from accesslog.entries import Entry
from accesslog.figures import Page, by_path, pages

ENTRIES = [
    Entry("a", "GET", "/", 200, 0.1),
    Entry("b", "GET", "/", 200, 0.3),
    Entry("a", "GET", "/cart", 500, 0.9),
    Entry("a", "GET", "/", 200, 0.2),
]


def test_by_path():
    assert {path: len(group) for path, group in by_path(ENTRIES).items()} == {"/": 3, "/cart": 1}


def test_most_visited_page_first():
    assert pages(ENTRIES) == [
        Page("/", hits=3, clients=2, errors=0, median=0.2, slowest=0.3),
        Page("/cart", hits=1, clients=1, errors=1, median=0.9, slowest=0.9),
    ]


def test_no_entries():
    assert pages([]) == []
