"""Keys from a text and from a command: asked once, asked again when refused, shown to nobody."""

import sys
from pathlib import Path

import pytest

from patchwire.adapters.credentials import FixedKey, KeyCommand
from patchwire.errors import ProviderError


def python(script: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script, *arguments)


COUNTING = "import sys; f = open(sys.argv[1], 'a+'); f.write('x'); f.flush(); f.seek(0); print('sk-%d' % len(f.read()))"


async def test_a_fixed_key_is_all_there_is() -> None:
    fixed = FixedKey("sk-1")
    assert await fixed.key() == "sk-1"
    assert not await fixed.renew("sk-1")


async def test_a_command_is_asked_at_the_first_need_and_once_for_every_refusal(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    command = KeyCommand(python(COUNTING, str(asked)))
    assert not asked.exists()
    assert [await command.key(), await command.key()] == ["sk-1", "sk-1"]
    assert await command.renew("sk-1")
    assert await command.key() == "sk-2"
    assert await command.renew("sk-1")  # whose connection is older than the key: there is another already
    assert asked.read_text() == "xx"


async def test_a_command_that_repeats_a_refused_key_has_no_other() -> None:
    command = KeyCommand(python("print('  sk-same  ')"))
    assert await command.key() == "sk-same"
    assert not await command.renew("sk-same")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("/nowhere/key",), "cannot be started: /nowhere/key"),
        (python("import sys; print('sk-secret'); sys.exit(3)"), r"failed \(exit code 3\)"),
        (python("pass"), "printed nothing that could be a key"),
        (python("print('two words')"), "printed nothing that could be a key"),
        (python("print('sk-ü')"), "printed nothing that could be a key"),
        (python("import time; time.sleep(60)"), r"printed no key within 0\.2 seconds"),
    ],
)
async def test_a_command_that_gives_no_key_is_named_and_its_output_is_not(command: tuple[str, ...], says: str) -> None:
    seconds = 0.2 if "sleep" in command[-1] else 30.0
    with pytest.raises(ProviderError, match=says) as failed:
        await KeyCommand(command, seconds=seconds).key()
    assert "sk-" not in str(failed.value)
