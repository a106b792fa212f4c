"""Rows 29 to 31 of docs/security.md: a file of the user's is old or new, and no patch makes it a link."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.security.hostile import opened
from tests.stage import BUGGY, fingerprint, perform, repository

import patchwire
from patchwire.adapters.tree import accept
from patchwire.errors import PatchwireError
from patchwire.loopback.play import call, say
from patchwire.patch.model import FileChange, Kind

OLD, NEW = "one\ntwo\nthree\nfour\nfive\n", "one\ntwo\nTHREE\nfour\nfive\n"


def change(path: str, before: str | None = OLD, after: str | None = NEW) -> FileChange:
    kind = Kind.ADD if before is None else Kind.DELETE if after is None else Kind.MODIFY
    return FileChange(path, kind, before, after)


@pytest.mark.parametrize(
    "became",
    [
        b"one\ntwo\nmine\nfour\nfive\n",  # the same line
        None,  # deleted
        OLD.replace("\n", "\r\n").encode(),
        OLD.encode("utf-16"),
        b"",
    ],
)
def test_row_29_what_the_user_did_meanwhile_is_never_overwritten(tmp_path: Path, became: bytes | None) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(OLD)
    if became is None:
        (tmp_path / "a.txt").unlink()
    else:
        (tmp_path / "a.txt").write_bytes(became)
    before = fingerprint(tmp_path)
    with pytest.raises(PatchwireError, match=r"a\.txt .* since the patch was made"):
        accept(tmp_path, [change("b.txt"), change("a.txt")])
    assert fingerprint(tmp_path) == before
    accept(tmp_path, [change("b.txt")])  # the others can still be taken
    assert (tmp_path / "b.txt").read_text() == NEW
    assert (tmp_path / "a.txt").exists() == (became is not None)


KILLED = """
import os, signal, sys
from pathlib import Path
from patchwire.adapters.tree import accept
from patchwire.patch.model import FileChange, Kind

root, step = Path(sys.argv[1]), int(sys.argv[2])
before, after = "old\\n" * 5000, "new\\n" * 5000
changes = [FileChange(f"d{n}/f.txt", Kind.MODIFY, before, after) for n in range(3)]
changes += [FileChange("added/deep/f.txt", Kind.ADD, None, after), FileChange("gone.txt", Kind.DELETE, before, None)]
steps = 0

def die(event, arguments):
    global steps
    if event.startswith(("os.", "open", "shutil")):
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
accept(root, changes)
"""


def test_row_30_killed_at_any_step_every_file_is_old_or_new(tmp_path: Path) -> None:
    old, new = "old\n" * 5000, "new\n" * 5000
    may_hold: dict[str, set[str | None]] = {f"d{n}/f.txt": {old, new} for n in range(3)}
    may_hold |= {"added/deep/f.txt": {None, new}, "gone.txt": {old, None}}
    server = Path(patchwire.__file__).parent.parent
    step = seen_old = seen_new = 0
    while True:
        step += 1
        root = repository(
            tmp_path / str(step), {**{f"d{n}/f.txt": old for n in range(3)}, "gone.txt": old}, commit=False
        )
        git_before = fingerprint(root / ".git")
        done = subprocess.run(
            [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(server)!r})\n{KILLED}", root, str(step)],
            capture_output=True,
            check=False,
        )
        for path, texts in may_hold.items():
            text = (root / path).read_text() if (root / path).exists() else None
            assert text in texts, f"{path} after step {step}"
            seen_new += path == "d0/f.txt" and text == new
            seen_old += path == "d0/f.txt" and text == old
        assert fingerprint(root / ".git") == git_before
        assert not list((root / ".git").glob("*.lock"))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert step > 20
    assert seen_old
    assert seen_new
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


SPECIAL = {
    "a link": "diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+/etc/passwd\n",
    "a submodule": "diff --git a/x b/x\nnew file mode 160000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+Subproject 1\n",
    "binary": "diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n",
}


async def test_row_31_only_plain_files_come_out_of_a_patch(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {**BUGGY, "logo.png": b"\0\1", "run.sh": "old\n"})
    (root / "run.sh").chmod(0o755)
    acts = [call("write_patch", patch=patch) for patch in SPECIAL.values()]
    done = await perform(root, acts, say("No."), prompt="Make a link.")
    assert all(output.startswith("Error: ") for output in done.outputs())
    for mode in (0o120777, 0o160000):
        with pytest.raises(PatchwireError, match="link or a submodule"):
            accept(root, [FileChange("x", Kind.ADD, None, "/etc/passwd", mode=mode)])
    with pytest.raises(PatchwireError, match="binary"):
        accept(root, [FileChange("logo.png", Kind.MODIFY, None, None)])
    assert not (root / "x").exists()

    await many_and_large(root, 100, 1024 * 1024)


@pytest.mark.soak
async def test_row_31_five_thousand_files_and_a_hundred_megabytes(tmp_path: Path) -> None:
    root = repository(tmp_path / "shop", {**BUGGY, "run.sh": "old\n"})
    (root / "run.sh").chmod(0o755)
    await many_and_large(root, 5000, 100 * 1024 * 1024)


async def many_and_large(root: Path, number: int, size: int) -> None:
    """Have so many files and one of that size written, and take them."""
    many = [(f"many/{each}.txt", f"{each}\n") for each in range(number)]
    large = "a line of text\n" * (size // 15)
    async with opened(root) as workspace:
        await workspace.write([*many, ("large.txt", large), ("run.sh", "new\n")])
        changes = await workspace.changes()
        assert len(changes) == number + 2
        assert (await workspace.patch()).count(b"diff --git") == number + 2
    accept(root, changes)
    assert len(os.listdir(root / "many")) == number  # noqa: PTH208 - thousands of paths for a count
    assert (root / "large.txt").stat().st_size == len(large)
    assert os.access(root / "run.sh", os.X_OK)
