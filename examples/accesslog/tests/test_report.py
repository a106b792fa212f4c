from accesslog.report import report

LOG = """\
203.0.113.7 GET / 200 0.100
203.0.113.8 GET / 200 0.300
203.0.113.7 GET /cart 500 0.900
*** log rotated ***
203.0.113.7 GET /cart?id=7 200 0.500
203.0.113.9 GET / 200 0.150
"""


def test_report():
    assert report(LOG) == (
        "page   hits  clients  errors  median  slowest\n"
        "-----  ----  -------  ------  ------  -------\n"
        "/         3        3      0%   0.150    0.300\n"
        "/cart     2        1     50%   0.700    0.900\n"
        "Unreadable lines: 1"
    )


def test_top():
    assert "/cart" not in report(LOG, top=1)


def test_empty_log():
    assert report("\n") == "No requests."
