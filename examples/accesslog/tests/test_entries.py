from accesslog.entries import Entry, parse, parse_line


def test_parse_line():
    assert parse_line("203.0.113.7 GET /cart?id=7 200 0.182") == Entry("203.0.113.7", "GET", "/cart", 200, 0.182)


def test_lines_that_are_no_entries():
    assert parse_line("server restarted") is None
    assert parse_line("203.0.113.7 GET / OK 0.1") is None


def test_parse_counts_what_it_cannot_read():
    entries, unreadable = parse("203.0.113.7 GET / 200 0.1\n\nnoise\n203.0.113.8 GET / 503 0.2\n")
    assert [entry.failed for entry in entries] == [False, True]
    assert unreadable == 1
