"""Which tests stand nearest to a change."""

from patchwire.agent.nearest import MOST, nearest

FILES = [
    *("shop/cart.py", "shop/tax.py", "shop/test_tax.py", "tests/conftest.py", "tests/test_cart.py"),
    *("tests/shop/test_cart.py", "web/cart.spec.ts", "web/list.test.js", "go/cart_test.go", "tests/data/cart.json"),
]


def test_by_name_and_the_more_directories_are_shared_the_nearer() -> None:
    assert nearest(["shop/cart.py"], FILES) == (
        "tests/shop/test_cart.py",
        "go/cart_test.go",
        "tests/test_cart.py",
        "web/cart.spec.ts",
        "shop/test_tax.py",
    )


def test_by_directory_where_no_name_fits() -> None:
    assert nearest(["web/render.ts"], FILES) == ("web/cart.spec.ts", "web/list.test.js")
    assert nearest(["docs/a.md", "setup.py"], FILES) == ()


def test_a_changed_test_is_the_nearest_of_all_and_there_is_a_bound() -> None:
    assert nearest(["shop/x.py", "tests/test_cart.py"], FILES)[0] == "tests/test_cart.py"
    many = [f"p/test_{n:02}.py" for n in range(50)]
    assert nearest(["p/x.py"], many) == tuple(many[:MOST])
