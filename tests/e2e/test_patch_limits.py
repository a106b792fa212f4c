"""What a patch may do to us at worst: whatever it holds, it is applied or refused within two seconds and 200 MB.

Each runs in a process of its own, so that what it costs is its own. Seconds are the processor's: a busy machine is no
fault of a patch.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS, MEGABYTES = 2.0, 200

APPLY = """
import json, resource, time
from pathlib import Path
from patchwire.errors import PatchRefused
from patchwire.patch.apply import apply_text

patch, text = Path("patch").read_text("utf-8"), Path("text").read_text("utf-8")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
try:
    apply_text(patch, {"x": text})
    came = "applied"
except PatchRefused as error:
    came = str(error)[:100]
seconds = time.process_time() - start
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"seconds": seconds, "megabytes": grown, "came": came}))
"""
HEAD = "--- a/x\n+++ b/x\n"
V4A = "*** Begin Patch\n*** Update File: x\n"
LINES = ["@@ @@", "-a", "+b", " c", ""]


def noise(alphabet: str, size: int) -> str:
    return "".join(random.Random(1).choices(alphabet, k=size))


def worst() -> dict[str, tuple[str, str]]:
    """Patches, each with the text that it meets."""
    return {
        "noise": (noise("+- @*<>=`abcx/\\\n\t", 10_000_000), "a\n"),
        "noise behind a head": (HEAD + "@@ @@\n" + noise("+- \n", 10_000_000), "a\n" * 1000),
        "lines of noise": (HEAD + "\n".join(random.Random(1).choices(LINES, k=2_500_000)), "a\nc\n" * 9),
        "as many lines of noise as are read": (
            HEAD + "\n".join(random.Random(1).choices(LINES[1:], k=390_000)), "a\nc\n" * 900
        ),
        "a million hunks": (HEAD + "@@ @@\n-a\n+b\n" * 1_000_000, "a\n" * 1000),
        "as many hunks as are read": (HEAD + "@@ @@\n-a\n+b\n" * 19_000, "a\n" * 19_000),
        "long hunks, blank lines between": (
            HEAD + "".join(f"@@ -{n},16 +{n},16 @@\n" + " c\n" * 15 + "-a\n+b\n\n" for n in range(1, 304_000, 16)),
            ("c\n" * 15 + "a\n") * 19_000,
        ),
        "a million headings": (V4A + "@@ f\n" * 1_000_000, "f\n"),
        "as many headings as are read": (V4A + "@@ f\n" * 390_000 + "-a\n+b\n", "f\n a\n" * 1000),
        "deep fences": ("".join("`" * n + "\n" for n in range(3, 4000)), "a\n"),
        "deep blocks": ("x\n" + "<<<<<<< SEARCH\n" * 300_000 + "=======\n" * 99_000, "a\n"),
        "deep indentation": (
            HEAD + "@@ @@\n" + "".join(" " * (n + 2) + "a\n" for n in range(3000)) + "+b\n",
            "".join(" " * n + "a\n" for n in range(3000)),
        ),
        "one line": (HEAD + "@@ @@\n-" + "a" * 10_000_000 + "\n+b\n", "a" * 10_000_000 + "\n"),
        "the same line everywhere": (HEAD + "@@ @@\n-a\n+b\n a\n", "a\n" * 1_000_000),
    }  # fmt: skip


@pytest.mark.parametrize("what", worst())
def test_no_patch_holds_anybody_up(what: str, tmp_path: Path) -> None:
    patch, text = worst()[what]
    (tmp_path / "patch").write_text(patch, "utf-8")
    (tmp_path / "text").write_text(text, "utf-8")
    command = [sys.executable, "-c", APPLY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    cost = json.loads(done.stdout)
    assert cost["seconds"] < SECONDS, cost
    assert cost["megabytes"] < MEGABYTES, cost
