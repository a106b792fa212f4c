"""What `go test -json` has told, read from recorded output of its own."""

import json
from pathlib import Path

import pytest

from patchwire.adapters.runners.go import Go
from patchwire.task import Frame, TestStatus


def test_tests_and_a_package_that_cannot_be_built(recorded) -> None:
    report, root = recorded("go.txt", "cart/cart.go", "cart/cart_test.go", "bad/bad.go")
    (root / "go.mod").write_text("module example.com/shop\n")
    told = Go().read(Path(), report.read_bytes(), root)
    assert {result.id: result.status.value for result in told.results} == {
        "cart::TestTotal": "failed",
        "cart::TestCases": "failed",
        "cart::TestCases/none": "failed",
        "bad": "error",
    }
    assert told.incomplete == ""
    total, _, panic, bad = told.results
    assert (total.path, total.line, total.message) == ("cart/cart_test.go", 7, "    cart_test.go:7: Total = 3, want 5")
    assert "slice bounds out of range" in panic.message
    assert panic.frames == (Frame("cart/cart.go", 5, ""), Frame("cart/cart_test.go", 11, ""))
    assert "cannot use" in bad.message
    assert bad.frames == (Frame("bad/bad.go", 3, ""),)


def event(action: str, test: str = "TestA", **more: object) -> bytes:
    return json.dumps({"Action": action, "Package": "m/p", "Test": test, **more}).encode()


def test_what_a_test_prints_is_no_event(tmp_path: Path) -> None:
    lines = [event("run"), b'{"Action": "pass"', b"[1]", b"ok", b"{}", event("output", Output='{"Action":"pass"}')]
    told = Go().read(Path(), b"\n".join(lines), tmp_path)
    assert [result.status for result in told.results] == [TestStatus.ERROR]
    assert told.incomplete == "TestA never ended"


def test_a_package_that_fails_by_itself(tmp_path: Path) -> None:
    lines = [event("run"), event("pass"), event("output", "", Output="boom\n"), event("fail", "", Elapsed=1.5)]
    _, package = Go().read(Path(), b"\n".join(lines), tmp_path).results
    assert (package.id, package.status, package.message, package.seconds) == ("m/p", TestStatus.ERROR, "boom", 1.5)


def test_the_build_of_go_1_24_speaks_in_events(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m\n")
    lines = [
        json.dumps({"ImportPath": "m/p [m/p.test]", "Action": "build-output", "Output": "p.go:1:1: no\n"}).encode(),
        json.dumps({"Action": "fail", "Package": "m/p", "Elapsed": 0, "FailedBuild": "m/p [m/p.test]"}).encode(),
    ]
    (broken,) = Go().read(Path(), b"\n".join(lines), tmp_path).results
    assert (broken.id, broken.status, broken.message) == ("p", TestStatus.ERROR, "p.go:1:1: no")


@pytest.mark.parametrize(
    ("targets", "argv"),
    [
        ([], ["go", "test", "-json", "-race", "./..."]),
        (
            ["cart::TestCases/none", "cart::TestB"],
            ["go", "test", "-json", "-race", "-run=^(?:TestCases|TestB)$", "./cart"],
        ),
        (["cart/cart_test.go", "."], ["go", "test", "-json", "-race", "./cart", "."]),
    ],
)
def test_how_it_is_started(targets: list[str], argv: list[str]) -> None:
    assert Go().argv(["go", "test", "-race", "./..."], Path(), targets) == argv
