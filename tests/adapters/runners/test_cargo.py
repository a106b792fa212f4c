"""What `cargo test` has printed, read from recorded output of its own."""

from pathlib import Path

import pytest

from patchwire.adapters.runners.cargo import Cargo
from patchwire.task import Frame, TestStatus

OUTPUT = """\
     Running unittests src/lib.rs (target/debug/deps/shop-1)

running 2 tests
test a ... ok
test b ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""


def test_every_target_is_read(recorded) -> None:
    report, root = recorded("cargo.txt", "src/lib.rs", "tests/it.rs")
    told = Cargo().read(Path(), report.read_bytes(), root)
    assert {result.id: result.status.value for result in told.results} == {
        "src/lib.rs::tests::later": "skipped",
        "src/lib.rs::tests::none": "passed",
        "src/lib.rs::tests::adds": "failed",
        "src/lib.rs::tests::panics": "passed",
        "tests/it.rs::adds": "failed",
        "tests/it.rs::none": "passed",
        "doc::src/lib.rs - total (line 3)": "failed",
    }
    assert told.incomplete == ""
    by_id = {result.id: result for result in told.results}
    adds = by_id["src/lib.rs::tests::adds"]
    assert (adds.path, adds.line, adds.frames) == ("src/lib.rs", 16, (Frame("src/lib.rs", 16, ""),))
    assert "left: 3" in adds.message
    assert "std/src/panicking.rs" not in adds.message
    assert (by_id["doc::src/lib.rs - total (line 3)"].path, by_id["doc::src/lib.rs - total (line 3)"].line) == (
        "src/lib.rs",
        3,
    )


def test_a_build_that_fails_is_an_error_with_a_place(recorded) -> None:
    report, root = recorded("cargo-build.txt", "src/lib.rs")
    (broken,) = Cargo().read(Path(), report.read_bytes(), root).results
    assert (broken.id, broken.status, broken.path, broken.line) == ("build", TestStatus.ERROR, "src/lib.rs", 1)
    assert "mismatched types" in broken.message


def test_a_target_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    assert Cargo().read(Path(), OUTPUT.encode(), tmp_path).incomplete == ""
    left = OUTPUT.partition("test b")[0]
    assert "did not come to its end" in Cargo().read(Path(), left.encode(), tmp_path).incomplete
    assert "did not come to its end" in Cargo().read(Path(), (left + OUTPUT).encode(), tmp_path).incomplete


def test_a_forged_line_makes_the_counts_differ(tmp_path: Path) -> None:
    forged = OUTPUT.replace("test b ... ok", "test b ... ok\ntest c ... ok")
    assert "differ" in Cargo().read(Path(), forged.encode(), tmp_path).incomplete


@pytest.mark.parametrize(
    ("words", "targets", "argv"),
    [
        ("cargo test", [], "cargo test --no-fail-fast"),
        ("cargo test -q -- --nocapture", [], "cargo test --no-fail-fast -q -- --nocapture"),
        ("cargo test", ["src/lib.rs::tests::a"], "cargo test --no-fail-fast --lib -- tests::a --exact"),
        ("cargo test", ["tests/it.rs", "src/main.rs::b"], "cargo test --no-fail-fast --test it --bins"),
        ("cargo test -- -q", ["tests/x/main.rs::b"], "cargo test --no-fail-fast --test x -- -q b --exact"),
        ("cargo test", ["doc::src/a.rs"], "cargo test --no-fail-fast --doc -- src/a.rs --exact"),
        ("cargo test", ["src/cart.rs"], "cargo test --no-fail-fast"),
    ],
)
def test_how_it_is_started(words: str, targets: list[str], argv: str) -> None:
    assert Cargo().argv(words.split(), Path(), targets) == argv.split()
