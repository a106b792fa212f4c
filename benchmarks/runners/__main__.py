"""`python -m benchmarks.runners`: what a run of a few tests costs cold and warm, where imports are most of it.

Makes an environment of its own with numpy, pandas and pytest (installed by name), and a small project whose tests
import them. Prints the table of `docs/tests.md`.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from patchwire.adapters.isolation import Wish
from patchwire.adapters.workspace import IsolatedWorkspace, open_workspace
from patchwire.ports import TestRun
from patchwire.task import Snapshot, TestReport

FILES = {
    "shop.py": "import numpy as np\nimport pandas as pd\n\n\n"
    "def total(prices):\n    return float(pd.Series(np.array(prices)).sum())\n",
    "tests/test_shop.py": "from shop import total\n\n\ndef test_total():\n    assert total([2, 3]) == 5\n",
    "tests/test_none.py": "from shop import total\n\n\ndef test_none():\n    assert total([]) == 0\n",
    "pytest.ini": "[pytest]\n",
}
TARGET = "tests/test_shop.py::test_total"


def environment(directory: Path) -> None:
    """A virtual environment with what the project needs."""
    subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True)
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "numpy", "pandas", "pytest"], check=True)


async def timed(workspace: IsolatedWorkspace, run: TestRun) -> tuple[float, TestReport]:
    """Seconds from the ask to the report."""
    started = time.perf_counter()
    report = await workspace.run_tests(run)
    assert report.passed, report.note or report.output
    return time.perf_counter() - started, report


async def measure(root: Path, times: int, level: str) -> dict[str, list[float]]:
    """The same target, edited in between, at a level of isolation: cold, and warm after the first."""
    found: dict[str, list[float]] = {"cold": [], "first warm": [], "warm": []}
    async with await open_workspace(Snapshot(root), environment=dict(os.environ), wish=Wish(level)) as workspace:
        await timed(workspace, TestRun())
        for number in range(times):
            await workspace.write([("shop.py", FILES["shop.py"] + f"\n# {number}\n")])
            seconds, _ = await timed(workspace, TestRun((TARGET,), originals=("nothing",)))
            found["cold"].append(seconds)
        for number in range(times + 1):
            await workspace.write([("shop.py", FILES["shop.py"] + f"\n# again {number}\n")])
            seconds, _ = await timed(workspace, TestRun((TARGET,)))
            found["warm" if number else "first warm"].append(seconds)
    return found


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=7)
    times = options.parse_args().times
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "shop"
        for path, text in FILES.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        print("installing numpy, pandas and pytest (once)", file=sys.stderr)
        environment(root / ".venv")
        print("| isolation | cold | first warm | warm | beside cold |\n|---|---:|---:|---:|---:|")
        gains = []
        for level in ("overlay", "bind", "copy"):
            found = asyncio.run(measure(root, times, level))
            cold, first, warm = (statistics.median(seconds) for seconds in found.values())
            print(f"| `{level}` | {cold:.2f} s | {first:.2f} s | {warm:.2f} s | {cold / warm:.1f}× |", flush=True)
            gains.append(cold / warm)
    return 0 if min(gains) >= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
