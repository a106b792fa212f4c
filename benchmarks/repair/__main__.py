"""`python -m benchmarks.repair`: both tables of `docs/offline-model.md`, tokens and then mutants (half an hour)."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run both with their defaults; the first exit code that is not 0."""
    for script, arguments in (("syntax.py", []), ("mutants.py", [])):
        code = subprocess.run([sys.executable, HERE / script, *arguments, *sys.argv[1:]], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
