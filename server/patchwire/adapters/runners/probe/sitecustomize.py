"""Python imports this at start-up because our directory is first on PYTHONPATH: install the import remapping.

A `sitecustomize` of the environment's own, hidden by this one, is run afterwards as if we were not here.
"""

# ruff: noqa: PTH100, PTH120
# pathlib would slow down the start of every Python process of the tests.

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

importlib.import_module("patchwire_probe.remap").install()


def _run_the_hidden_one() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_run_the_hidden_one()
