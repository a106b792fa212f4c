"""This directory goes first on a test process's PYTHONPATH; it holds `sitecustomize` and the package `patchwire_probe`.

They run in the repository's own interpreter, Python 3.8 and later, with no dependency but pytest itself. Nothing here
may import Patchwire, and Patchwire imports nothing from here.
"""
