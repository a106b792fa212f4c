"""Coverage-guided fuzzing of the patch engine: `python -m benchmarks.patch.fuzz -max_total_time=600 [CORPUS_DIR]`.

Needs `atheris`. Any text at all, and damaged versions of true diffs, must end in new texts or in PatchRefused, within
two seconds; a true diff must give back the text that it was made for.
"""

import sys
import time
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["patchwire.patch"]):
    from patchwire.errors import PatchRefused
    from patchwire.patch.apply import apply_text
    from patchwire.patch.diff import text_edits, unified
    from patchwire.patch.parse import parse, paths_in

SECONDS = 2.0
PIECES = (
    "--- a/x.py\n+++ b/x.py\n", "@@ -1,3 +1,3 @@\n", "@@ @@\n", "@@ def f():\n", " a\n", "-b\n", "+c\n", "\n",
    "diff --git a/x.py b/x.py\n", "*** Begin Patch\n", "*** Update File: x.py\n", "*** Add File: y\n",
    "*** Delete File: x.py\n", "*** Move to: z\n", "*** End of File\n", "*** End Patch\n", "x.py\n", "```\n",
    "```python\n",
    "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n", "\\ No newline at end of file\n", "new file mode 100644\n",
    "rename from x.py\n", "rename to y.py\n", "\r\n", "\x0c", "\u2028", "    a\n", "\ta\n", "}\n", "--- /dev/null\n",
    "+++ /dev/null\n", '--- "a/\\303"\n',
)  # fmt: skip


def _text(data: atheris.FuzzedDataProvider) -> str:
    parts = []
    for _ in range(data.ConsumeIntInRange(0, 30)):
        if data.ConsumeBool():
            parts.append(PIECES[data.ConsumeIntInRange(0, len(PIECES) - 1)])
        else:
            parts.append(data.ConsumeUnicode(data.ConsumeIntInRange(0, 8)))
    return "".join(parts)


def one(raw: bytes) -> None:
    """One input: a text to parse, two texts to diff, and the diff with a piece of it replaced."""
    data = atheris.FuzzedDataProvider(raw)
    before, after, patch = _text(data), _text(data), _text(data)
    start = time.process_time()
    with suppress(PatchRefused):
        paths_in(parse(patch))
        apply_text(patch, {"x.py": before})
    true = unified(before, after, "x.py")
    if true:
        assert apply_text(true, {"x.py": before}) == {"x.py": after}, "a true diff gave another text"
        at, size = data.ConsumeIntInRange(0, len(true)), data.ConsumeIntInRange(0, 12)
        with suppress(PatchRefused):
            apply_text(true[:at] + patch[:20] + true[at + size :], {"x.py": before})
    text_edits(before, after)
    assert time.process_time() - start < SECONDS, "too slow"


def main() -> None:
    """Hand over to libFuzzer, which reads the command line."""
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
