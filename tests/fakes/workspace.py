"""A workspace in memory: a dictionary of files, and a function that plays the tests.

`tests/contracts/test_workspace.py` holds it to the same cases as the real one. Paths are checked by the real `Roots`,
as if the tree stood at `/work`; there are no symbolic links.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from patchwire.adapters.hidden import Hidden
from patchwire.adapters.paths import Roots
from patchwire.errors import NoSuchFile, ToolError
from patchwire.patch.model import FileChange, Kind
from patchwire.patch.secret import why_secret_text
from patchwire.ports import Candidate, CommandRun, FileText, Hit, Hits, Listing, TestRun, Trial
from patchwire.task import Isolation, Snapshot, TestReport, Verdict

Play = Callable[[Mapping[str, str], TestRun], TestReport]
"""Plays the tests: the files as they stand for this run, and what is asked for, to a report."""

_ROOTS = Roots(Path("/work"), Path("/work"))
_HIDDEN = Hidden()


def no_tests(files: Mapping[str, str], run: TestRun) -> TestReport:
    """A tree without tests."""
    return TestReport(Verdict.NO_TESTS, ("python", "-m", "pytest"), exit_code=5)


class FakeWorkspace:
    """`tree` is the user's tree, which a test may change at any time.

    `runs` records every test run that was asked for, `trials` every candidate; `closed` counts the calls.
    """

    isolation = Isolation("memory", "a fake", best=True, commands=True)

    def __init__(self, files: Mapping[str, str], play: Play = no_tests) -> None:
        self.tree = dict(files)
        self._opened = dict(files)
        self._before = dict(files)
        self._files = dict(files)
        self._play = play
        self._last_whole: TestReport | None = None
        self.runs: list[TestRun] = []
        self.trials: list[Candidate] = []
        self.closed = 0

    @property
    def files(self) -> dict[str, str]:
        """The files as they stand."""
        return dict(self._files)

    async def refresh(self, snapshot: Snapshot, pending: Sequence[tuple[str, str | None]] = ()) -> None:
        self._opened = dict(self.tree)
        self._before = self._with(self.tree, [(buffer.path, buffer.text) for buffer in snapshot.buffers])
        self._files = self._with(self._before, pending)
        self._last_whole = None

    async def drifted(self) -> tuple[str, ...]:
        paths = self._opened | self.tree
        return tuple(sorted(path for path in paths if self._opened.get(path) != self.tree.get(path)))

    async def run_command(self, command: str, *, cwd: str, seconds: float, keep: bool) -> CommandRun:
        directory = _ROOTS.relative(cwd)
        if not self._is_directory(directory):
            raise ToolError(f"{directory} is not a directory of the tree")
        return CommandRun(0, f"{command}\n")

    async def read(self, path: str) -> FileText:
        relative = _ROOTS.relative(path)
        _HIDDEN.check(relative)
        if relative not in self._files:
            if self._is_directory(relative):
                raise ToolError(f"{relative or '.'} is a directory: list_files shows what is in it")
            raise NoSuchFile(f"{relative}: no such file")
        _HIDDEN.check_text(relative, self._files[relative])
        return FileText(relative, self._files[relative])

    async def list(self, under: str, limit: int) -> Listing:
        directory = _ROOTS.relative(under)
        if not self._is_directory(directory):
            raise ToolError(f"{directory} is not a directory of the tree")
        found = [path for path in sorted(self._files) if not directory or path.startswith(f"{directory}/")]
        return Listing(tuple(found[:limit]), len(found))

    async def search(self, pattern: str, under: str, *, ignore_case: bool, limit: int) -> Hits:
        where = _ROOTS.relative(under)
        if not pattern or "\0" in pattern or "\n" in pattern:
            raise ToolError("the pattern must be one line of text")
        if where not in self._files and not self._is_directory(where):
            raise ToolError(f"{where}: no such file or directory")
        _HIDDEN.check(where)
        try:
            wanted = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
        except re.error as error:
            raise ToolError(f"the pattern is not a valid extended regular expression: {error}") from error
        found = [
            Hit(path, number, line.removesuffix("\r"))
            for path in sorted(filter(_HIDDEN.shown, self._files))
            if why_secret_text(path, self._files[path]) is None
            if not where or path == where or path.startswith(f"{where}/")
            for number, line in enumerate(self._files[path].split("\n"), start=1)
            if wanted.search(line)
        ]
        return Hits(tuple(found[:limit]), len(found) > limit)

    async def write(self, files: Sequence[tuple[str, str | None]]) -> None:
        wanted = [(_ROOTS.relative(path), text) for path, text in files]
        for path, text in wanted:
            _HIDDEN.check(path)
            if self._is_directory(path):
                raise ToolError(f"{path or '.'} is a directory")
            if text is None and path not in self._files:
                raise NoSuchFile(f"{path}: no such file to delete")
        self._files = self._with(self._files, wanted)

    async def run_tests(self, run: TestRun) -> TestReport:
        self.runs.append(run)
        files = self._with(self._files, [(path, self._before.get(path)) for path in run.originals])
        report = self._play(files, run)
        if not run.targets and not run.originals:
            self._last_whole = report
        return report

    async def try_patches(
        self, candidates: Sequence[Candidate], targets: Sequence[str], seconds: float
    ) -> tuple[Trial, ...]:
        before = self._last_whole or self._play(self._files, TestRun())
        first = tuple(targets) or tuple(result.id for result in before.failing)
        if not first:
            raise ToolError("no test failed in the last whole run: name the targets")
        for path in (path for candidate in candidates for path, _ in candidate.files):
            _HIDDEN.check(path)
        self.trials.extend(candidates)
        return tuple(self._tried(candidate, first, before) for candidate in candidates)

    async def changes(self) -> tuple[FileChange, ...]:
        return tuple(
            FileChange(path, _kind(before, after), before, after)
            for path in sorted(self._before | self._files)
            for before, after in [(self._before.get(path), self._files.get(path))]
            if before != after
        )

    async def patch(self) -> bytes:
        return "".join(_diff(change) for change in await self.changes()).encode()

    async def aclose(self) -> None:
        self.closed += 1

    def _tried(self, candidate: Candidate, targets: tuple[str, ...], before: TestReport) -> Trial:
        files = self._with(self._files, candidate.files)
        report = self._play(files, TestRun(targets))
        if report.verdict is not Verdict.PASSED:
            return Trial("failed", _first_failure(report))
        failing = {result.id for result in before.failing}
        broken = [result for result in self._play(files, TestRun()).failing if result.id not in failing]
        return Trial("breaks", f"{broken[0].id}: {broken[0].message}") if broken else Trial("passed")

    def _is_directory(self, path: str) -> bool:
        return not path or any(file.startswith(f"{path}/") for file in self._files)

    @staticmethod
    def _with(files: Mapping[str, str], over: Sequence[tuple[str, str | None]]) -> dict[str, str]:
        merged = {**files, **dict(over)}
        return {path: text for path, text in merged.items() if text is not None}


def _first_failure(report: TestReport) -> str:
    first = next(iter(report.failing), None)
    return report.note if first is None else f"{first.id}: {first.message}"


def _kind(before: str | None, after: str | None) -> Kind:
    return Kind.ADD if before is None else Kind.DELETE if after is None else Kind.MODIFY


def _diff(change: FileChange) -> str:
    old = "/dev/null" if change.before is None else f"a/{change.path}"
    new = "/dev/null" if change.after is None else f"b/{change.path}"
    lines = difflib.unified_diff(
        (change.before or "").splitlines(keepends=True), (change.after or "").splitlines(keepends=True), old, new
    )
    head = f"diff --git a/{change.path} b/{change.path}\n"
    if change.before is None:
        head += "new file mode 100644\n"
    elif change.after is None:
        head += "deleted file mode 100644\n"
    return head + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
