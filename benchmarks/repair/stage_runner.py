"""Runs in the tested project's interpreter: pytest once, or many candidates in forks. Reads a job, prints a result."""

import contextlib
import json
import os
import re
import signal
import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path.cwd()


class Recorder:
    """A pytest plugin: statuses, messages, frames and lines."""

    def __init__(self, *, trace):
        self.trace, self.statuses, self.blocks, self.hits, self.lines = trace, {}, [], {}, set()

    def _tracer(self, frame, event, arg):
        name = frame.f_code.co_filename
        if not name.startswith(str(ROOT)):
            return None
        lines, code = self.lines, name
        lines.add((code, frame.f_lineno)) if event == "line" else None

        def local(frame, event, arg):
            if event == "line":
                lines.add((code, frame.f_lineno))
            return local

        return local

    def pytest_runtest_logstart(self, nodeid, location):
        self.lines = set()
        if self.trace:
            sys.settrace(self._tracer)

    def pytest_runtest_logfinish(self, nodeid, location):
        sys.settrace(None)
        self.hits[nodeid] = self.lines

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.statuses[report.nodeid] = "failed" if report.when == "call" else "error"
            self._block(report, report.nodeid)
        elif report.when == "call" or report.skipped:
            self.statuses.setdefault(report.nodeid, report.outcome)

    def pytest_collectreport(self, report):
        if report.failed:
            self.statuses[report.nodeid] = "error"
            self._block(report, report.nodeid)

    def pytest_make_collect_report(self, collector):
        return None

    def _block(self, report, nodeid):
        text = str(report.longreprtext if hasattr(report, "longreprtext") else report.longrepr)
        frames = re.findall(r"^(\S+?\.py):(\d+): (?:in (\S+)|(\S*))", text, re.MULTILINE)
        message = "\n".join("  " + line for line in text[-2000:].split("\n"))
        where = "\n".join(
            f"at {p}:{n} in {f or 'x'}"
            for p, n, f, _ in reversed(frames)
            if (ROOT / p).is_file() or p.startswith(str(ROOT))
        )
        where = where.replace(str(ROOT) + "/", "")
        kind = self.statuses[nodeid]
        self.blocks.append(
            f"--- {nodeid} {kind} ({nodeid.split('::')[0]}:1)\n{message}" + (f"\n{where}" if where else "")
        )


def pytest_run(args, recorder, failfast=False):
    import pytest

    with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null), contextlib.redirect_stderr(null):
        return pytest.main(
            [
                "-q",
                "-p",
                "no:cacheprovider",
                "--tb=long" if not failfast else "--tb=native",
                *(["-x"] if failfast else ["--continue-on-collection-errors"]),
                *args,
            ],
            plugins=[recorder],
        )


def run(job):
    recorder = Recorder(trace=job["trace"])
    began = time.time()
    code = pytest_run([*job["args"], *(job["targets"] or [])], recorder)
    counts = defaultdict(int)
    for status in recorder.statuses.values():
        counts[status] += 1
    verdict = "PASSED" if code == 0 else "FAILED" if code in (1, 2) else "NO TESTS" if code == 5 else "INCONCLUSIVE"
    text = [
        (
            f"{verdict}: {counts['failed']} failed, {counts['passed']} passed, {counts['error']} errors, "
            f"{counts['skipped']} skipped in {time.time() - began:.2f} s (exit code {int(code)})"
        ),
        "command: pytest",
    ]
    text += recorder.blocks[:20]
    rest = [i for i, s in recorder.statuses.items() if s in ("failed", "error")][20:]
    if rest:
        text += [f"… and {len(rest)} more:", *rest[:200]]
    if job["trace"]:
        table = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for nodeid, lines in recorder.hits.items():
            bad = recorder.statuses.get(nodeid) in ("failed", "error")
            for name, line in lines:
                table[name][line][0 if bad else 1] += 1
        text.append("lines run (failing/passing tests that ran each line):")
        for name, lines in sorted(table.items()):
            path = os.path.relpath(name, ROOT)
            shown = [f"{n}={f}/{p}" for n, (f, p) in sorted(lines.items()) if f]
            if shown and not re.search(r"(^|/)(test_[^/]*|conftest\.py|[^/]*_test\.py)$|(^|/)tests?/", path):
                text.append(f"{path}: {' '.join(shown)}")
    return {"text": "\n".join(text), "statuses": recorder.statuses}


def forget():
    """The project's own modules, so that they are imported as the candidate has them."""
    for name in [n for n, m in sys.modules.items() if str(getattr(m, "__file__", "") or "").startswith(str(ROOT))]:
        del sys.modules[name]


def attempt(job, patch):
    import subprocess

    done = subprocess.run(
        ["git", "apply", "--unsafe-paths", "-"], input=patch.encode(), capture_output=True, check=False
    )
    if done.returncode:
        return "refused"
    try:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            sys.dont_write_bytecode = True
            verdict = "failed"
            recorder = Recorder(trace=False)
            try:
                if pytest_run([*job["args"], *job["targets"]], recorder, failfast=True) == 0:
                    forget()
                    recorder = Recorder(trace=False)
                    pytest_run(job["args"], recorder)
                    worse = [
                        i
                        for i, s in recorder.statuses.items()
                        if s in ("failed", "error") and job["before"].get(i) not in ("failed", "error")
                    ]
                    verdict = "breaks" if worse else "passed"
            finally:
                os.write(write, verdict.encode())
                os._exit(0)
        os.close(write)
        import select

        ready, _, _ = select.select([read], [], [], job["limit"])
        verdict = os.read(read, 20).decode() if ready else "timed out"
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return verdict or "failed"
    finally:
        subprocess.run(["git", "apply", "--unsafe-paths", "-R", "-"], input=patch.encode(), check=True)


def attempts(job):
    import pytest

    with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null), contextlib.redirect_stderr(null):
        pytest.main(["-q", "-p", "no:cacheprovider", "--collect-only", "/nonexistent"])  # imports its plugins
    forget()

    began = time.time()
    verdicts = defaultdict(list)
    for number, patch in enumerate(job["patches"], 1):
        late = time.time() - began > 60
        verdicts["not tried" if late else attempt(job, patch)].append(number)
    tried = len(job["patches"]) - len(verdicts["not tried"])
    text = [f"tried {tried} of {len(job['patches'])} candidates in {time.time() - began:.1f} s"]
    text += [f"{name}: {' '.join(map(str, numbers))}" for name, numbers in verdicts.items() if numbers]
    return {"text": "\n".join(text)}


if __name__ == "__main__":
    job = json.load(sys.stdin)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT))
    result = run(job) if job["mode"] == "run" else attempts(job)
    print("@@RESULT@@" + json.dumps(result))
