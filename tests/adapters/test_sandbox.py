"""What bubblewrap is told; what comes of it is tested in tests/security/test_sandbox.py."""

from pathlib import Path

import pytest

from patchwire.adapters.sandbox import Sandbox


@pytest.mark.parametrize("place", ["/tmp/envs/one", "/var/tmp/envs/one"])
def test_an_environment_is_seen_though_what_is_around_it_is_hidden(tmp_path: Path, place: str) -> None:
    environment = {"PATH": "/usr/bin", "VIRTUAL_ENV": place}
    (tmp_path / "private").mkdir()
    sandbox = Sandbox(Path("/usr/bin/bwrap"), tmp_path, environment)
    words = sandbox.around(private=tmp_path / "private", temporary=tmp_path / "tmp", copy=tmp_path).wrapper
    assert ("--ro-bind-try", place, place) in zip(words, words[1:], words[2:], strict=False)
    over = max(n for n, word in enumerate(words) if word in ("/tmp", "/var/tmp"))
    assert words.index(place) > over
    assert "/usr/bin" not in words
