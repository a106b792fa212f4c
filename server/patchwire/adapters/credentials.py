"""Where the API key comes from: a fixed text, or a command of the user's that prints one.

Neither keys nor what the command says are ever logged or shown.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from patchwire.errors import ProviderError

_SHORT, _LONG = 8, 16


def without(key: str, text: str) -> str:
    """The text with the key made unreadable in it.

    A local server takes any word for a key (`0`, `test`, `lm-studio`): such a word is no secret, and stays. A secret is
    long, or at least not short and made of letters and digits.
    """
    mixed = any(map(str.isdigit, key)) and any(map(str.isalpha, key))
    return text.replace(key, "…") if len(key) >= (_SHORT if mixed else _LONG) else text


class FixedKey:
    """Fulfils `ports.Credentials` with the one key there is."""

    def __init__(self, key: str) -> None:
        self._key = key

    @property
    def last(self) -> str:
        """The key that was given last, for whoever must keep it out of what they write."""
        return self._key

    async def key(self) -> str:
        """The key."""
        return self._key

    async def renew(self, refused: str) -> bool:
        """There is no other."""
        return False


class KeyCommand:
    """Fulfils `ports.Credentials` by running a program, without a shell, within a time limit.

    Its standard output, stripped, is the key. It runs at the first need and once for every key that is refused.
    """

    def __init__(self, command: Sequence[str], seconds: float = 30.0) -> None:
        self._command = command
        self._seconds = seconds
        self._key = ""

    @property
    def last(self) -> str:
        """The key that was given last, for whoever must keep it out of what they write."""
        return self._key

    async def key(self) -> str:
        """The key that the command printed last. Raises ProviderError."""
        if not self._key:
            self._key = await self._ask()
        return self._key

    async def renew(self, refused: str) -> bool:
        """Run it again, unless it gave another key since; False where it prints the same one. Raises ProviderError."""
        if self._key == refused:
            self._key = await self._ask()
        return self._key != refused

    async def _ask(self) -> str:
        program = self._command[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise ProviderError(f"The key command cannot be started: {program}: {error.strerror}.") from error
        try:
            async with asyncio.timeout(self._seconds):
                printed, _ = await process.communicate()
        except TimeoutError as error:
            raise ProviderError(
                f"The key command {program} printed no key within {self._seconds:g} seconds."
            ) from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        key = printed.decode("ascii", "replace").strip()
        if process.returncode != 0:
            raise ProviderError(f"The key command {program} failed (exit code {process.returncode}).")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ProviderError(f"The key command {program} printed nothing that could be a key.")
        return key
