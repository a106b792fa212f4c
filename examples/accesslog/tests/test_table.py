from accesslog.table import render


def test_columns():
    assert render(("page", "hits"), [("/", "120"), ("/about", "7")]) == (
        "page    hits\n------  ----\n/        120\n/about     7"
    )
