"""Starts the language server that lies beside this file, whatever else the interpreter knows by the same names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "libs"))

from patchwire.lsp.server import main

if __name__ == "__main__":
    main()
