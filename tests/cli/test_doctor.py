"""What `patchwire doctor` tells, and that it tells no key."""

import json
from pathlib import Path

import pytest

from patchwire.adapters import sandbox_probe
from patchwire.cli.doctor import _program
from patchwire.cli.main import main


def test_it_tells_levels_programs_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    machine = sandbox_probe.probe()
    code = main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == (1 if machine.best == "copy" else 0)
    assert found["isolation"]["best"] == machine.best
    assert [level for level, why in found["isolation"]["refused"].items() if why] == [
        level for level, _ in machine.reasons
    ]
    assert found["git"]["version"][0].isdigit()
    assert found["state"].endswith("patchwire")
    assert (found["bwrap"] is None) == (machine.bwrap is None and bool(machine.reasons))
    assert found["problems"] == []


def test_for_people_it_is_a_few_lines_without_the_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATCHWIRE_KEY_COMMAND", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    main(["doctor"])
    said = capsys.readouterr().out
    assert "from OPENAI_API_KEY" in said
    assert "secret" not in said
    assert "isolation" in said
    monkeypatch.delenv("OPENAI_API_KEY")
    main(["doctor"])
    assert "none: only --offline works" in capsys.readouterr().out


def test_a_state_directory_of_somebody_else_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", f"{tmp_path}")
    (tmp_path / "patchwire").symlink_to("/tmp")
    assert main(["doctor", "--json"]) == 3
    assert "not a directory of yours" in json.loads(capsys.readouterr().out)["problems"][0]


def test_a_program_that_does_not_start_is_told_and_no_traceback(tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_bytes(b"\x7fELF, but no more than that")
    program.chmod(0o755)
    assert _program(program) == {"program": str(program), "version": "does not start (Exec format error)"}
