"""The command line as a whole."""

import json
import subprocess
import sys

import pytest

from patchwire.cli.main import main, version


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["serve", "--help"], ["sessions", "--help"], ["resume", "--help"]]
)
def test_help_is_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: patchwire" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"patchwire {version()}\n"


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_wrong_usage_is_told_on_one_line_and_as_json_to_who_asked_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--json", "--wild"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["message"] == "unrecognized arguments: --wild"
    assert said.err.splitlines() == [
        "patchwire: unrecognized arguments: --wild (`patchwire --help` lists what there is)"
    ]
    assert main(["run", "--model"]) == 2
    assert "(`patchwire run --help` lists what there is)" in capsys.readouterr().err


def test_the_command_line_imports_nothing_that_costs() -> None:
    costly = ["asyncio", "websockets", "git", "httpx", "pygls", "rich", "h11"]
    code = f"import sys, patchwire.cli.main; print([m for m in {costly} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
