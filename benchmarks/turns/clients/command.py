"""Ours: `patchwire run`, as a user starts it."""

import os
import sys

from benchmarks.turns.play import PROMPT, Spec, report

from patchwire.cli.main import main

if __name__ == "__main__":
    spec = Spec.load(sys.argv[1])
    os.environ["OPENAI_API_KEY"] = spec.key
    main(["run", PROMPT, "--repo", spec.root, "--model", spec.model, "--base-url", spec.base_url])
    report()
