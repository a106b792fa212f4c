"""`python -m benchmarks.patch`: the tables of `docs/patching.md`; options as for `benchmarks.patch.run`.

It runs in the environment that has openai-agents, one of the peers: that package wants an older websockets than we do.
The patch engine itself needs nothing but Python.
"""

import os
import subprocess
import sys

from benchmarks.turns.stage import ROOT, environment_of_agents


def main() -> int:
    """Run the benchmark in that environment; its exit code."""
    python = environment_of_agents()
    if not python:
        return 1  # it was said why
    paths = os.pathsep.join([str(ROOT / "server"), str(ROOT)])
    command = [python, "-m", "benchmarks.patch.run", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
